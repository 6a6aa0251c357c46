//! The web server's process: reads the settings, serves the shop's pages until it is told to stop, or does what only the
//! operator at the terminal does.

use std::{process::ExitCode, time::Duration};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tracing_subscriber::EnvFilter;
use web::{
    commands::{Admin, Cli, Command, create_owner},
    config::{Config, LogFormat},
};

/// How long a thread that hashed a password waits for the next one. The 19 MB of a hash go back to the system only when
/// its thread ends, and tokio would let it wait for ten seconds.
const HASHERS_STAY: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    let Cli { command, config } = match Cli::load() {
        Ok(cli) => cli,
        Err(error) => return error.exit(),
    };
    start_logging(&config);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().thread_keep_alive(HASHERS_STAY).build();
    let ended = runtime.map_err(anyhow::Error::from).and_then(|runtime| {
        runtime.block_on(async {
            match command {
                None => run(config).await,
                Some(Command::Admin(Admin::CreateOwner(asked))) => create_owner::run(&config, &asked).await,
            }
        })
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
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
