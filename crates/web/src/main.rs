//! The web server's program: `web serve` and `web check --deploy`.

use std::{path::Path, process::ExitCode};

use clap::Parser;
use shop::findings;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;
use web::{
    config::{Cli, Command, Config, LogFormat},
    deployment,
};

fn main() -> ExitCode {
    let env_file = dotenvy::dotenv().ok();
    let Cli { command, config } = Cli::parse();
    match command.unwrap_or(Command::Serve) {
        Command::Serve => serve(config),
        Command::Check { deploy } => check(&config, deploy, env_file.as_deref()),
    }
}

fn serve(config: Config) -> ExitCode {
    if let Err(refused) = config.check() {
        eprintln!("{refused}");
        return ExitCode::FAILURE;
    }
    start_logging(&config);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime.map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(run(config)));
    match served {
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
    if let Err(refused) = config.check() {
        println!("{refused}");
        if !deploy {
            return ExitCode::FAILURE;
        }
    }
    if !deploy {
        println!("the program can start with these settings");
        return ExitCode::SUCCESS;
    }
    let (report, fit) = findings::report(&deployment::findings(config, env_file));
    println!("{report}");
    if fit { ExitCode::SUCCESS } else { ExitCode::FAILURE }
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
