//! The owner of a stack on this machine: made on the way up, so that the office can be entered at once.

use std::process::ExitCode;

use anyhow::{Context, ensure};
use totp_rs::{Builder, Secret};

use crate::{places::Places, secrets::Secrets};

/// Whose account it is.
pub const EMAIL: &str = "owner@example.org";

/// For `web`: makes the owner, unless there is one.
pub const ARGUMENTS: [&str; 7] =
    ["admin", "create-owner", "--email", EMAIL, "--password-stdin", "--totp-secret-stdin", "--if-none"];

/// What `web` reads then, a line each.
pub fn input(secrets: &Secrets) -> String {
    format!("{}\n{}\n", secrets.owner_password, secrets.owner_totp_secret)
}

/// `./dev code`: prints what an authenticator app would show now.
pub fn code(places: &Places) -> anyhow::Result<ExitCode> {
    let path = places.secrets();
    ensure!(path.is_file(), "nothing was ever started here: run `./dev` first");
    let secret = Secret::try_from_base32(Secrets::kept_at(&path)?.owner_totp_secret)
        .ok()
        .with_context(|| format!("owner_totp_secret in {} is not base32", path.display()))?;
    let totp =
        Builder::new().with_secret(secret).with_issuer(None::<&str>).with_account_name(EMAIL).build()?;
    println!("{}", totp.generate_current());
    eprintln!("good once, and for {} more seconds", totp.ttl());
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_and_never_arguments() {
        let secrets = Secrets::made_up();
        assert!(ARGUMENTS.iter().all(|argument| {
            !argument.contains(&secrets.owner_password) && !argument.contains(&secrets.owner_totp_secret)
        }));
        assert_eq!(
            input(&secrets).lines().collect::<Vec<_>>(),
            [&secrets.owner_password, &secrets.owner_totp_secret]
        );
    }
}
