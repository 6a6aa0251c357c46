//! The web server's program: serves the shop's pages until it is told to stop, looks at its settings, or does what only the
//! operator at the terminal does.

use std::{path::Path, process::ExitCode};

use clap::Parser;
use shop::findings;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;
use web::{
    commands::{Admin, Cli, Command, create_owner},
    config::{Config, LogFormat},
    deployment,
};

fn main() -> ExitCode {
    let env_file = dotenvy::dotenv().ok();
    let Cli { command, config } = Cli::parse();
    match command.unwrap_or(Command::Serve) {
        Command::Serve => with_runtime(&config.clone(), run(config)),
        Command::Check { deploy } => check(&config, deploy, env_file.as_deref()),
        Command::Admin(Admin::CreateOwner(asked)) => {
            with_runtime(&config, create_owner::run(&config, &asked))
        }
    }
}

fn with_runtime(config: &Config, work: impl Future<Output = anyhow::Result<()>>) -> ExitCode {
    if let Err(refused) = config.check() {
        eprintln!("{refused}");
        return ExitCode::FAILURE;
    }
    start_logging(config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    match runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(work)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the settings; with `deploy` also what is weak in them.
#[expect(clippy::print_stdout, reason = "the report is what it was started for")]
fn check(config: &Config, deploy: bool, env_file: Option<&Path>) -> ExitCode {
    let starts = match config.check() {
        Ok(()) => true,
        Err(refused) => {
            println!("{refused}");
            false
        }
    };
    if !deploy {
        if starts {
            println!("the program can start with these settings");
        }
        return if starts { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let (report, fit) = findings::report(&deployment::findings(config, env_file));
    println!("{report}");
    if fit && starts { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn run(config: Config) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let listener = TcpListener::bind(config.web_listen).await?;
    web::serve(config, listener, async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
    .await
}

fn start_logging(config: &Config) {
    let logger = tracing_subscriber::fmt().with_env_filter(EnvFilter::new(&config.rust_log));
    match config.log_format {
        LogFormat::Text => logger.init(),
        LogFormat::Json => logger.json().flatten_event(true).init(),
    }
}
