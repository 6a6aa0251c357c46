//! A shop with the real runner and a handler that the test writes.

#![allow(dead_code, reason = "each test binary uses its part")]

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use clap::Parser;
use sandbox::{Ports, Sandbox, SandboxConfig};
use shop::{
    Cause, generations,
    ids::{AccountId, GenerationId},
    jobs::{Job, Lane},
    testing::{self, Database, LIMITS},
};
use sqlx::PgPool;
use tokio::{runtime::Runtime, task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use worker::{
    config::Cli,
    runner::{self, Context, Handler, JobError, Policy, Settings, lanes::LaneSettings},
    services::Services,
};

/// Runs a closure for each job, and counts how often each one began.
pub struct Script<F> {
    run: F,
    policy: Policy,
    begun: Arc<Mutex<HashMap<Job, i32>>>,
}

impl<F, R> Handler for Script<F>
where
    F: Fn(Job, Context) -> R + Send + Sync + 'static,
    R: Future<Output = Result<(), JobError>> + Send,
{
    fn policy(&self, _: &Job) -> Policy {
        self.policy
    }

    async fn handle(&self, job: Job, context: Context) -> Result<(), JobError> {
        *self.begun.lock().expect("count").entry(job).or_default() += 1;
        (self.run)(job, context).await
    }
}

pub const UNPAID: Policy = Policy { deadline: Duration::from_secs(20), paid: false };
pub const PAID: Policy = Policy { deadline: Duration::from_secs(20), paid: true };

/// A database with one account.
pub struct Shop {
    pub database: Database,
    pub owner: AccountId,
    pub begun: Arc<Mutex<HashMap<Job, i32>>>,
}

/// The times of production, shortened.
pub fn quick() -> Settings {
    Settings {
        lanes: vec![LaneSettings::new(Lane::Generation, 4)],
        beat: Duration::from_millis(100),
        silence: Duration::from_secs(1),
        poll: Duration::from_millis(100),
        grace: Duration::from_millis(500),
        backoff: Duration::from_millis(50),
        backoff_max: Duration::from_millis(400),
    }
}

impl Shop {
    pub async fn open() -> Self {
        // Shown when a test fails.
        tracing_subscriber::fmt().with_env_filter("info,apalis_core=warn").with_test_writer().try_init().ok();
        let database = Database::new().await;
        let owner = testing::account(&database.pool, "a@example.org", "x").await;
        Self { database, owner, begun: Arc::default() }
    }

    /// Enqueues a generation.
    pub async fn request(&self) -> GenerationId {
        testing::give_credits(&self.database.pool, self.owner, 1).await;
        let wish = testing::wish("a fox");
        generations::request(&self.database.pool, &Cause::now(None), self.owner, &wish, LIMITS)
            .await
            .expect("requested")
            .expect("accepted")
    }

    pub fn script<F, R>(&self, policy: Policy, run: F) -> Arc<Script<F>>
    where
        F: Fn(Job, Context) -> R,
    {
        Arc::new(Script { run, policy, begun: self.begun.clone() })
    }

    /// Runs a worker beside the test.
    pub async fn work<H: Handler>(&self, handler: Arc<H>, settings: Settings) -> Working {
        let stop = CancellationToken::new();
        let beats = shop::schema::connect(&self.database.url, "beats", 1).await.expect("a connection");
        let run = runner::run(self.database.pool.clone(), beats, handler, settings, stop.clone());
        Working { stop, running: tokio::spawn(run) }
    }

    /// Runs a worker in a runtime of its own, which can be torn away from it as by `kill -9`.
    pub fn doomed<H: Handler>(&self, handler: Arc<H>, settings: Settings) -> Doomed {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let url = self.database.url.clone();
        runtime.spawn(async move {
            let db = shop::schema::connect(&url, "doomed", 4).await.expect("a pool");
            let beats = shop::schema::connect(&url, "doomed beats", 1).await.expect("a connection");
            runner::run(db, beats, handler, settings, CancellationToken::new()).await.expect("never ends");
        });
        Doomed(Some(runtime))
    }

    pub fn begun(&self, job: Job) -> i32 {
        self.begun.lock().expect("count").get(&job).copied().unwrap_or_default()
    }

    pub fn begun_in_all(&self) -> i32 {
        self.begun.lock().expect("count").values().sum()
    }

    /// `(number, outcome)` of the attempts at a generation's job, oldest first.
    pub async fn attempts(&self, id: GenerationId) -> Vec<(i32, String)> {
        sqlx::query_as(
            "select a.number, coalesce(a.outcome, 'open') from job_attempts a join apalis.jobs j on j.id = a.job_id
             where convert_from(j.job, 'utf8')::jsonb ->> 'generation_id' = $1::text order by a.id",
        )
        .bind(id.0)
        .fetch_all(&self.database.pool)
        .await
        .expect("attempts")
    }

    /// `(status, how many)` of all jobs.
    pub async fn jobs(&self) -> Vec<(String, i64)> {
        sqlx::query_as("select status, count(*) from apalis.jobs group by 1 order by 1")
            .fetch_all(&self.database.pool)
            .await
            .expect("jobs")
    }

    /// Waits until all jobs are in these states.
    pub async fn settle(&self, wanted: &[(&str, i64)]) {
        let wanted: Vec<(String, i64)> =
            wanted.iter().map(|(status, count)| ((*status).to_owned(), *count)).collect();
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let jobs = self.jobs().await;
            if jobs == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "the jobs stay at {jobs:?}, not {wanted:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A worker that is stopped in order.
pub struct Working {
    stop: CancellationToken,
    running: JoinHandle<anyhow::Result<()>>,
}

impl Working {
    pub fn begin_stop(&self) {
        self.stop.cancel();
    }

    pub async fn stop(self) {
        self.stop.cancel();
        self.ended().await;
    }

    pub async fn ended(self) {
        self.running.await.expect("no panic").expect("ended in order");
    }
}

/// A worker that is killed.
pub struct Doomed(Option<Runtime>);

impl Doomed {
    pub fn kill(mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Everything outside of a shop, with its files in a folder.
pub async fn sandbox(folder: &Path) -> Sandbox {
    let config = SandboxConfig {
        data_dir: folder.to_owned(),
        ports: Ports::default(),
        bucket: "pictures".to_owned(),
        access_key: "key".to_owned(),
        secret_key: "secret".to_owned(),
        draw_time: Duration::ZERO..=Duration::ZERO,
        stripe_webhooks: Vec::new(),
    };
    Sandbox::start(config).await.expect("a sandbox")
}

/// The production's own services, with the sandbox for the outside. Later arguments win over the usual ones.
pub fn services(db: &PgPool, sandbox: &Sandbox, arguments: &[&str]) -> Services {
    let mut line = vec![
        "worker".to_owned(),
        "--database-url=postgres://unused".to_owned(),
        "--openai-api-key=sk-tests".to_owned(),
        format!("--s3-endpoint={}", sandbox.s3_endpoint()),
        "--s3-bucket=pictures".to_owned(),
        "--s3-region=us-east-1".to_owned(),
        "--s3-access-key-id=key".to_owned(),
        "--s3-secret-access-key=secret".to_owned(),
        "--stripe-secret-key=sk_test_tests".to_owned(),
        format!("--smtp-url=smtp://{}", sandbox.smtp_addr()),
        "--mail-from=AI Gallery <shop@example.org>".to_owned(),
        "--public-url=https://shop.example".to_owned(),
        concat!("--templates-dir=", env!("CARGO_MANIFEST_DIR"), "/../../templates").to_owned(),
        // No cap is in the way of a test.
        "--openai-daily-cap-dollars=0".to_owned(),
        "--openai-monthly-cap-dollars=0".to_owned(),
    ];
    if !arguments.iter().any(|argument| argument.starts_with("--openai-base-url")) {
        line.push(format!("--openai-base-url={}", sandbox.openai_base_url()));
    }
    if !arguments.iter().any(|argument| argument.starts_with("--stripe-base-url")) {
        line.push(format!("--stripe-base-url={}", sandbox.stripe_base_url()));
    }
    if !arguments.iter().any(|argument| argument.starts_with("--openai-moderation=")) {
        line.push("--openai-moderation=off".to_owned());
    }
    line.extend(arguments.iter().map(|argument| (*argument).to_owned()));
    let cli = Cli::parse_from(line);
    assert_eq!(cli.config.problems(), [""; 0]);
    Services::new(db.clone(), &cli.config).expect("services")
}
