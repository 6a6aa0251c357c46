//! The worker's program: `worker run`, `worker migrate` and `worker check --deploy`.

use std::{path::Path, sync::Arc};

use anyhow::{Context, bail};
use clap::Parser;
use secrecy::ExposeSecret;
use shop::{Cause, findings, jobs::Lane, providers, schedules, schema};
use tokio_util::sync::CancellationToken;
use worker::{
    config::{Cli, Command, Config},
    deployment,
    jobs::Jobs,
    logs,
    runner::{self, Settings},
    services::Services,
};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let env_file = dotenvy::dotenv().ok();
    let cli = Cli::parse();
    logs::start(&cli.config)?;
    rustls::crypto::ring::default_provider().install_default().ok();
    match cli.command.unwrap_or(Command::Run) {
        Command::Run => run(&cli.config).await,
        Command::Migrate => migrate(&cli.config).await,
        Command::Check { deploy } => check(&cli.config, deploy, env_file.as_deref()),
    }
}

/// Says what is wrong with the settings; with `deploy` also what is weak in them.
#[expect(clippy::print_stdout, reason = "the report is what it was started for")]
fn check(config: &Config, deploy: bool, env_file: Option<&Path>) -> anyhow::Result<()> {
    let problems = config.problems();
    for problem in &problems {
        println!("{problem}");
    }
    let mut fit = problems.is_empty();
    if deploy {
        let (report, strong) = findings::report(&deployment::findings(config, env_file));
        println!("{report}");
        fit &= strong;
    }
    if !fit {
        bail!("the settings are not fit");
    }
    Ok(())
}

async fn run(config: &Config) -> anyhow::Result<()> {
    let problems = config.problems();
    if !problems.is_empty() {
        bail!("the configuration cannot work:\n  {}", problems.join("\n  "));
    }
    let lanes = config.lanes().map_err(anyhow::Error::msg)?;
    let slots: usize = lanes.iter().map(|lane| lane.concurrency).sum();
    let url = config.database_url.expose_secret();
    // A job holds a connection only while it reads or writes, so that half as many as slots are plenty.
    let connections = u32::try_from(slots / 2).unwrap_or(8).clamp(4, 24);
    let db = schema::connect(url, "worker", connections).await.context("cannot reach the database")?;
    schema::check(&db).await?;
    // Heartbeats have a connection of their own: jobs that hold all others must not make this worker look dead.
    let beats = schema::connect(url, "worker heartbeat", 1).await?;

    let services = Services::new(db.clone(), config)?;
    if let Err(error) = services.storage.check().await {
        tracing::warn!(%error, "object storage does not answer; uploads will be retried");
    }
    providers::introduce(
        &db,
        &Cause::now(None),
        providers::OPENAI,
        Lane::Generation,
        config.openai_calls_per_minute,
        &config.openai_fingerprint(),
    )
    .await?;
    schedules::introduce(&db, &Cause::now(None)).await?;
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone())?);
    let settings = Settings { lanes, ..Settings::default() };
    runner::run(db, beats, Arc::new(Jobs::new(services)), settings, stop).await
}

async fn migrate(config: &Config) -> anyhow::Result<()> {
    let db = schema::connect(config.database_url.expose_secret(), "migrate", 2)
        .await
        .context("cannot reach the database")?;
    schema::migrate(&db).await?;
    tracing::info!("the database is at this version");
    Ok(())
}

fn stop_on_signal(stop: CancellationToken) -> anyhow::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        tracing::info!("stopping: nothing new is taken, what runs may end");
        stop.cancel();
    })
}
