//! The command line: the settings, and what only the operator at the terminal does.

pub mod create_owner;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError};

/// Serves the shop's pages.
#[derive(Debug, Parser)]
#[command(name = "web", version)]
pub struct Cli {
    /// What to do; without a word, serve.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub config: Config,
}

/// What the program does instead of serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What only the operator does. It is recorded in the audit log.
    #[command(subcommand)]
    Admin(Admin),
}

/// What only the operator does.
#[derive(Debug, Subcommand)]
pub enum Admin {
    /// Makes an owner: a new account, or one that is there, with a new password.
    CreateOwner(create_owner::CreateOwner),
}

impl Cli {
    /// Reads the command line and the settings, and checks these.
    pub fn load() -> Result<Self, ConfigError> {
        dotenvy::dotenv().ok();
        let cli = Self::try_parse()?;
        cli.config.check()?;
        Ok(cli)
    }
}
