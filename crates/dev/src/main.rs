//! The program behind `./dev`: a private PostgreSQL, the sandbox, and the production `web` and `worker` binaries,
//! started in order, watched, and stopped in order. `./dev --help` lists what else it does.
#![expect(clippy::print_stdout, reason = "what this program has to say, it says on the terminal")]

mod browsing;
mod check;
mod doctor;
mod environment;
mod keeper;
mod lock;
mod logs;
mod outside;
mod owner;
mod places;
mod ports;
mod postgres;
mod program;
mod queries;
mod reset;
mod run;
mod secrets;
mod signals;
mod stack;
mod strays;
mod supervise;
mod table;
mod throwaway;

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};
use places::Places;

/// Starts the whole shop on this machine, on data of its own in ./.data.
#[derive(Parser)]
#[command(name = "./dev", bin_name = "./dev")]
struct Arguments {
    /// Run one whole journey over HTTP on throwaway data, print its timings, and end with 0 or 1.
    #[arg(long)]
    check: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Put in place what is missing, build, and start nothing.
    Build,
    /// Delete all data in ./.data (asks first).
    Reset {
        /// Do not ask.
        #[arg(long)]
        yes: bool,
    },
    /// Print the one-time code that the office asks its owner for now.
    Code,
    /// Say what the stack needs, what is there, and what to do about the rest.
    Doctor,
    /// Renew .sqlx, the description of every query that the build checks our SQL against.
    Queries {
        /// Change nothing; end with 1 when a file is stale.
        #[arg(long)]
        check: bool,
    },
    /// Run a command with TEST_DATABASE_URL naming a throwaway PostgreSQL.
    WithPostgres {
        /// Leave the server running afterwards; the next call takes it over.
        #[arg(long)]
        keep: bool,
        /// Write to disk as production does, instead of as fast as possible.
        #[arg(long)]
        durable: bool,
        /// The command and its arguments.
        #[arg(last = true, required = true)]
        command: Vec<OsString>,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match act(arguments).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("./dev: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn act(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let places = Places::of_project()?;
    if arguments.check {
        anyhow::ensure!(arguments.command.is_none(), "--check stands alone: run `./dev --check`");
        return check::check(&places).await;
    }
    match arguments.command {
        None => run::run(&places).await,
        Some(Command::Build) => Ok(ExitCode::SUCCESS),
        Some(Command::Reset { yes }) => reset::reset(&places, yes),
        Some(Command::Code) => owner::code(&places),
        Some(Command::Doctor) => Ok(doctor::doctor(&places)),
        Some(Command::Queries { check }) => queries::queries(&places, check).await,
        Some(Command::WithPostgres { keep, durable, command }) => {
            throwaway::with_postgres(&places, keep, durable, &command).await
        }
    }
}
