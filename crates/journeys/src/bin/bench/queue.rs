//! The queue by itself: the runner in this process, with a handler that does nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use shop::{
    Cause, generations,
    ids::{AccountId, ImageId},
    jobs::{Job, Lane},
    testing::{self, Database, LIMITS},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use worker::runner::{self, Context, Handler, JobError, Policy, Settings, lanes::LaneSettings};

use crate::figures;

const STARTS: usize = 500;
const JOBS: usize = 20_000;

struct Nothing(mpsc::UnboundedSender<Instant>);

impl Handler for Nothing {
    fn policy(&self, _: &Job) -> Policy {
        Policy { deadline: Duration::from_secs(10), paid: false }
    }

    async fn handle(&self, _: Job, _: Context) -> Result<(), JobError> {
        self.0.send(Instant::now()).ok();
        Ok(())
    }
}

struct Working {
    stop: CancellationToken,
    running: tokio::task::JoinHandle<Result<()>>,
    started: mpsc::UnboundedReceiver<Instant>,
}

async fn work(database: &Database, lane: LaneSettings) -> Result<Working> {
    let (sender, started) = mpsc::unbounded_channel();
    let stop = CancellationToken::new();
    let settings = Settings { lanes: vec![lane], ..Settings::default() };
    let beats = shop::schema::connect(&database.url, "beats", 1).await?;
    let db = shop::schema::connect(&database.url, "bench worker", 8).await?;
    let running = tokio::spawn(runner::run(db, beats, Arc::new(Nothing(sender)), settings, stop.clone()));
    Ok(Working { stop, running, started })
}

/// From the commit of a request to the start of its handler, one every 20 ms on an idle queue.
pub async fn measure_start() -> Result<()> {
    let database = Database::new().await;
    let owner = testing::account(&database.pool, "a@example.org", "x").await;
    testing::give_credits(&database.pool, owner, i32::try_from(STARTS)?).await;
    let mut working = work(&database, LaneSettings::usual(Lane::Generation)).await?;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut times = Vec::with_capacity(STARTS);
    for _ in 0..STARTS {
        request(&database, owner).await?;
        let committed = Instant::now();
        if let Some(started) = working.started.recv().await {
            times.push(started.saturating_duration_since(committed));
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    working.stop.cancel();
    working.running.await??;
    figures::print_times("job_start", times);
    Ok(())
}

async fn request(database: &Database, owner: AccountId) -> Result<()> {
    let wish = testing::wish("a fox");
    let accepted = generations::request(&database.pool, &Cause::now(None), owner, &wish, LIMITS).await?;
    accepted?;
    Ok(())
}

/// Jobs that do nothing, with their history of attempts, on one lane of one process: from the first start to the last
/// end that is committed.
pub async fn measure_rate() -> Result<()> {
    let database = Database::new().await;
    let jobs: Vec<(String, String)> = (0..JOBS)
        .map(|_| {
            let job = Job::UploadImage { image_id: ImageId::new(Cause::now(None).at) };
            (ulid::Ulid::new().to_string(), serde_json::to_string(&job).unwrap_or_default())
        })
        .collect();
    let (ids, payloads): (Vec<String>, Vec<String>) = jobs.into_iter().unzip();
    sqlx::query(
        "insert into apalis.jobs (id, job_type, job, max_attempts)
         select id, 'uploads', convert_to(payload, 'utf8'), 5 from unnest($1::text[], $2::text[]) as j (id, payload)",
    )
    .bind(ids)
    .bind(payloads)
    .execute(&database.pool)
    .await?;
    sqlx::raw_sql("vacuum analyze apalis.jobs").execute(&database.pool).await?;
    let mut working = work(&database, LaneSettings::new(Lane::Uploads, 128)).await?;
    let first = working.started.recv().await;
    loop {
        let left: i64 = sqlx::query_scalar("select count(*) from apalis.jobs where status <> 'Done'")
            .fetch_one(&database.pool)
            .await?;
        if left == 0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    if let Some(first) = first {
        #[expect(clippy::cast_precision_loss, reason = "a count of jobs")]
        figures::print("small_jobs_rate", JOBS as f64 / first.elapsed().as_secs_f64(), "jobs/s");
    }
    working.stop.cancel();
    working.running.await??;
    let attempts: i64 = sqlx::query_scalar("select count(*) from job_attempts where outcome = 'done'")
        .fetch_one(&database.pool)
        .await?;
    anyhow::ensure!(usize::try_from(attempts)? == JOBS, "{attempts} attempts on record, not {JOBS}");
    Ok(())
}
