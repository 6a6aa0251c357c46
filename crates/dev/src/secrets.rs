//! What a stack makes up once and keeps: passwords and keys, and the ports it had, so that bookmarks stay true.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// The contents of `dev.toml`. What an older file lacks is made up when it is read.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Secrets {
    /// Of both the database's superuser and the shop's own role.
    #[serde(default = "random")]
    pub database_password: String,
    /// What `web` seals its cookies with.
    #[serde(default = "random")]
    pub session_secret: String,
    /// What `web` seals secrets in the database with.
    #[serde(default = "random_key")]
    pub data_key: String,
    /// Of the account that the office is entered with.
    #[serde(default = "random_password")]
    pub owner_password: String,
    /// What its one-time codes are made from, in base32.
    #[serde(default = "random_totp_secret")]
    pub owner_totp_secret: String,
    /// The storage's two keys.
    #[serde(default = "random_name")]
    pub s3_access_key_id: String,
    /// See above.
    #[serde(default = "random")]
    pub s3_secret_access_key: String,
    /// What the sandbox's payment provider signs its webhooks with.
    #[serde(default = "random_webhook_secret")]
    pub stripe_webhook_secret: String,
    /// The ports of the last run.
    #[serde(default)]
    pub ports: KeptPorts,
}

/// The ports that a stack had last, to be had again when they are free.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(default)]
pub struct KeptPorts {
    /// The shop's pages; change it here if 8080 is somebody else's.
    pub web: Option<u16>,
    /// PostgreSQL.
    pub database: Option<u16>,
    /// The sandbox's five.
    pub openai: Option<u16>,
    /// See above.
    pub stripe: Option<u16>,
    /// See above.
    pub storage: Option<u16>,
    /// See above.
    pub mail: Option<u16>,
    /// See above.
    pub dashboard: Option<u16>,
}

impl Secrets {
    /// New ones, for throwaway data.
    pub fn made_up() -> Self {
        Self {
            database_password: random(),
            session_secret: random(),
            data_key: random_key(),
            owner_password: random_password(),
            owner_totp_secret: random_totp_secret(),
            s3_access_key_id: random_name(),
            s3_secret_access_key: random(),
            stripe_webhook_secret: random_webhook_secret(),
            ports: KeptPorts::default(),
        }
    }

    /// Reads the file, and writes one when there is none.
    pub fn kept_at(path: &Path) -> anyhow::Result<Self> {
        let secrets = match fs::read_to_string(path) {
            Ok(text) => toml::from_str(&text).with_context(|| format!("{} does not read", path.display()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Self { ports: KeptPorts { web: Some(8080), ..KeptPorts::default() }, ..Self::made_up() }
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        secrets.keep_at(path)?;
        Ok(secrets)
    }

    /// Writes the file whole or not at all, readable by its owner only.
    pub fn keep_at(&self, path: &Path) -> anyhow::Result<()> {
        let draft = path.with_extension("toml.new");
        let text = format!("# Made by ./dev for this machine only.\n{}", toml::to_string(self)?);
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| fs::rename(&draft, path))
            .with_context(|| format!("cannot write {}", path.display()))
    }
}

fn random() -> String {
    hex::encode(rand::rng().random::<[u8; 32]>())
}

/// 32 bytes in base64.
fn random_key() -> String {
    BASE64_STANDARD.encode(rand::rng().random::<[u8; 32]>())
}

/// One that a person can type.
fn random_password() -> String {
    hex::encode(rand::rng().random::<[u8; 6]>())
}

fn random_totp_secret() -> String {
    totp_rs::Secret::from(rand::rng().random::<[u8; 20]>()).to_base32()
}

fn random_webhook_secret() -> String {
    format!("whsec_{}", random())
}

fn random_name() -> String {
    format!("dev{}", hex::encode(rand::rng().random::<[u8; 8]>()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_stay_and_are_the_owners_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dev.toml");
        let mut first = Secrets::kept_at(&path).expect("made up");
        assert_eq!(fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        first.ports.database = Some(54_321);
        first.keep_at(&path).expect("written");
        let second = Secrets::kept_at(&path).expect("read");
        assert_eq!(second.database_password, first.database_password);
        assert_eq!(second.ports, first.ports);
    }

    #[test]
    fn an_older_file_gets_what_it_lacks() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dev.toml");
        fs::write(&path, "database_password = \"old\"\n").expect("written");
        let read = Secrets::kept_at(&path).expect("read");
        assert_eq!(read.database_password, "old");
        assert_eq!(read.session_secret.len(), 64);
        assert_eq!(
            (read.data_key.len(), read.owner_password.len(), read.owner_totp_secret.len()),
            (44, 12, 32)
        );
        assert_eq!(Secrets::kept_at(&path).expect("again").session_secret, read.session_secret);
    }
}
