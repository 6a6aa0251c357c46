//! The runner: lanes of jobs, worked by apalis workers over a backend of ours.
//!
//! apalis 1.0 gives workers, layers and a monitor; its Postgres backend loses wake-ups, stops its heartbeat while it
//! drains, retries without a pause and knows no exact end (ARCHITECTURE.md, "Why a backend of our own"). So the
//! backend is ours, on apalis' own extension point and tables: [`fetching`] hands jobs to apalis' worker only when a
//! slot is free, [`attempts`] runs one and writes its end, [`heartbeats`] say that this process lives and rescue the
//! jobs of those that do not.

mod acks;
mod attempts;
mod backend;
mod fetching;
mod heartbeats;
pub mod lanes;
mod wakeups;

use std::{sync::Arc, time::Duration};

use apalis::prelude::{Monitor, WorkerBuilder};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

pub use attempts::{Context, Handler, JobError, Policy};
use lanes::LaneSettings;

/// How the runner behaves. The defaults are what production uses; tests shorten the times.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The lanes to work.
    pub lanes: Vec<LaneSettings>,
    /// How often this process says that it lives, and looks for others that do not.
    pub beat: Duration,
    /// A worker that was not heard of for so long is dead: its jobs are handed out again. With `beat`, a job runs again
    /// at most 30 s after its worker was killed.
    pub silence: Duration,
    /// How often a lane looks for jobs without being told: for retries that come due, and should a wake-up be lost.
    pub poll: Duration,
    /// How long a stop waits for jobs that are not paid for; those are handed back then.
    pub grace: Duration,
    /// The pause after a first failure; each further one doubles it, up to `backoff_max`.
    pub backoff: Duration,
    /// The longest pause between two tries.
    pub backoff_max: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            lanes: LaneSettings::all(),
            beat: Duration::from_secs(5),
            silence: Duration::from_secs(25),
            poll: Duration::from_secs(1),
            grace: Duration::from_secs(30),
            backoff: Duration::from_secs(2),
            backoff_max: Duration::from_mins(10),
        }
    }
}

/// Runs jobs until `stop` is cancelled and what was running came to its end. `beats` is a pool apart, so that a busy
/// `db` does not keep this process from saying that it lives.
///
/// # Errors
/// If a worker ends for good before it was told to.
pub async fn run<H: Handler>(
    db: PgPool,
    beats: PgPool,
    handler: Arc<H>,
    settings: Settings,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let settings = Arc::new(settings);
    let instance = Ulid::new();
    let living = heartbeats::Living::default();
    // Ends after the workers did, so that a call in flight during a stop is not taken for a dead worker's.
    let ended = CancellationToken::new();
    let beating = tokio::spawn(heartbeats::keep(beats, living.clone(), settings.clone(), ended.clone()));
    let wakeups = wakeups::listen(db.clone(), &settings.lanes, ended.clone());

    let mut monitor = Monitor::new().should_restart({
        let stop = stop.clone();
        move |worker, error| {
            tracing::error!(worker = worker.name(), %error, "a worker ended; it is started again");
            !stop.is_cancelled()
        }
    });
    for lane in settings.lanes.clone() {
        let (db, handler, settings, stop, living) =
            (db.clone(), handler.clone(), settings.clone(), stop.clone(), living.clone());
        let wakeup = wakeups.of(lane.lane);
        monitor = monitor.register(move |restarts| {
            // New for every start: under an old name it would seem to hold the jobs of its predecessor.
            let name = format!("{}-{instance}-{restarts}", lane.lane);
            living.add(name.clone(), lane.lane);
            let work =
                fetching::start(db.clone(), name.clone(), lane, wakeup.clone(), settings.poll, stop.clone());
            let acks = acks::start(db.clone(), name.clone());
            let attempts = attempts::Attempts {
                db: db.clone(),
                worker: name.clone().into(),
                handler: handler.clone(),
                settings: settings.clone(),
                stop: stop.clone(),
                acks,
            };
            WorkerBuilder::new(name.as_str())
                .backend(backend::LaneBackend::new(work))
                .build(attempts.into_service())
        });
    }
    tracing::info!(lanes = %lanes::describe(&settings.lanes), "lanes open");
    let result = monitor.run().await;
    ended.cancel();
    beating.await?;
    result.map_err(anyhow::Error::from)
}
