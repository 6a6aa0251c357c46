//! The command line: the settings, and what only the operator at the terminal does.

pub mod create_owner;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// Serves the shop's pages.
#[derive(Debug, Parser)]
#[command(name = "web", version)]
pub struct Cli {
    /// What to do; without a word, `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub config: Config,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serves pages until it is told to stop.
    Serve,
    /// Says what is wrong with the settings, and ends: with 0 if nothing is.
    Check {
        /// Looks also for what is weak: before customers come.
        #[arg(long)]
        deploy: bool,
    },
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
