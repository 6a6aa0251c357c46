//! `web admin create-owner`: the first person who may do everything. Secrets are typed or come by standard input, never as
//! arguments: those are for every process of the machine to read.

use std::io::{self, BufRead, Write};

use anyhow::{Context, bail, ensure};
use clap::Args;
use secrecy::ExposeSecret;
use shop::{
    Cause,
    accounts::owners::{self, NewOwner, OwnerError},
};

use crate::{
    Config,
    data_key::DataKey,
    one_time_codes::Secret,
    pages::doors,
    passwords::{self, BYTES_MAX, CHARS_MIN, PasswordError, Passwords},
};

/// Who is to be an owner, and how.
#[derive(Debug, Clone, Default, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub struct CreateOwner {
    /// The address of the account. If there is one, it becomes an owner's, with a new password.
    #[arg(long)]
    pub email: String,
    /// Read the password from standard input, one line, instead of asking twice.
    #[arg(long)]
    pub password_stdin: bool,
    /// Also if there is an owner already.
    #[arg(long, conflicts_with = "if_none")]
    pub another: bool,
    /// If there is an owner already, change nothing and end well.
    #[arg(long)]
    pub if_none: bool,
    /// Turn one-time codes on at once, and print the link for the authenticator app. It is shown this one time.
    #[arg(long)]
    pub with_second_factor: bool,
    /// Turn one-time codes on with a secret from standard input, 32 characters of base32, in the line after the password.
    #[arg(long, requires = "password_stdin", conflicts_with = "with_second_factor")]
    pub totp_secret_stdin: bool,
}

/// Does it, and says what became of it.
pub async fn run(config: &Config, asked: &CreateOwner) -> anyhow::Result<()> {
    let password = if asked.password_stdin { None } else { Some(typed()?) };
    let said = create(config, asked, password, &mut io::stdin().lock()).await?;
    writeln!(io::stdout(), "{said}").context("cannot say what was done")
}

/// Makes the owner, with a password that was typed or is the first line of `input`.
pub async fn create(
    config: &Config,
    asked: &CreateOwner,
    password: Option<String>,
    input: &mut impl BufRead,
) -> anyhow::Result<String> {
    let email =
        doors::email(&asked.email).with_context(|| format!("{:?} is no e-mail address", asked.email))?;
    let password = password.map_or_else(|| line(input, "password"), Ok)?;
    match passwords::check(&password) {
        Ok(()) => {}
        Err(PasswordError::TooShort) => bail!("the password needs at least {CHARS_MIN} characters"),
        Err(PasswordError::TooLong) => bail!("the password is longer than {BYTES_MAX} bytes"),
    }
    let secret = if asked.totp_secret_stdin {
        let text = line(input, "secret for one-time codes")?;
        Some(Secret::from_base32(&text).context("the secret for one-time codes is not 20 bytes in base32")?)
    } else {
        asked.with_second_factor.then(Secret::fresh)
    };
    let key = DataKey::new(&config.data_key)?;
    let password_hash = Passwords::new().hash(password).await?;
    let db = shop::schema::connect(config.database_url.expose_secret(), "web admin", 1)
        .await
        .context("the database does not answer")?;
    let wanted = NewOwner { email, password_hash: &password_hash, another: asked.another };
    let seal = secret.as_ref().map(|secret| |account_id| secret.seal(&key, account_id).map_err(Into::into));
    match owners::make(&db, &Cause::now(None), wanted, seal).await {
        Ok(_) => {}
        Err(OwnerError::ThereIsOne) if asked.if_none => {
            return Ok("there is an owner already: nothing was changed".to_owned());
        }
        Err(OwnerError::ThereIsOne) => {
            bail!("there is an owner already: nothing was changed; --another makes one more")
        }
        Err(
            error @ (OwnerError::Closed
            | OwnerError::EmailMalformed
            | OwnerError::Seal(_)
            | OwnerError::Database(_)),
        ) => {
            return Err(error.into());
        }
    }
    let mut said = format!("{email} is an owner now");
    match &secret {
        Some(secret) if asked.with_second_factor => {
            let link = secret.link(email)?;
            said = format!(
                "{said}\none-time codes are on; open this link in the authenticator app, it is not shown again:\n{link}"
            );
        }
        Some(_) => said.push_str(", with one-time codes"),
        None => said.push_str("; the first sign-in leads to setting up one-time codes"),
    }
    Ok(said)
}

fn typed() -> anyhow::Result<String> {
    let first = rpassword::prompt_password("password: ").context("no terminal: use --password-stdin")?;
    let second = rpassword::prompt_password("once more: ")?;
    ensure!(first == second, "the two differ: nothing was changed");
    Ok(first)
}

fn line(input: &mut impl BufRead, what: &str) -> anyhow::Result<String> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let text = line.trim_end_matches(['\r', '\n']);
    ensure!(!text.is_empty(), "standard input holds no {what}");
    Ok(text.to_owned())
}
