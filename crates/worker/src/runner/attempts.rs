//! One attempt of a job: run within its deadline, whatever it does, and its end written down.

use std::{any::Any, convert::Infallible, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use apalis_core::task::Task;
use futures::FutureExt;
use rand::Rng;
use shop::{
    Cause,
    jobs::Job,
    queue::{self, Claim, Ending, Failure, Given, Handed},
};
use sqlx::PgPool;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::util::BoxCloneService;
use tracing::Instrument;

use super::{Settings, acks::Acks, fetching::Work};

/// What a job is told about its run.
#[derive(Debug, Clone)]
pub struct Context {
    /// The request that led to it.
    pub request_id: Option<String>,
    /// Which try this is, from 1.
    pub attempt: i32,
    /// The proof that this worker holds the job, for changes that only its holder may make.
    pub claim: Claim,
}

impl Context {
    /// A change at this moment, on behalf of the request that led to the job.
    pub fn cause(&self) -> Cause {
        Cause::now(self.request_id.clone())
    }
}

/// Why an attempt did not succeed: a decision, not only a report.
#[derive(Debug)]
pub enum JobError {
    /// Try again later, if a try is left. Any error becomes this by `?`.
    Retry(String),
    /// Try again, if a try is left, and not before this time has passed.
    RetryIn {
        /// What went wrong, for staff.
        error: String,
        /// How long to wait at least.
        after: Duration,
    },
    /// It could not be tried now; this uses up no attempt.
    PutOff {
        /// Why, for staff.
        reason: String,
        /// How long to wait.
        after: Duration,
    },
    /// Nobody can do it now: it keeps its place, and the lane's gate decides when it is handed out again. This uses up no
    /// attempt.
    KeepPlace(String),
    /// It will never work.
    GiveUp(String),
}

impl<E: std::error::Error> From<E> for JobError {
    fn from(error: E) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            text = format!("{text}: {cause}");
            source = cause.source();
        }
        Self::Retry(text)
    }
}

/// The limits of a kind of job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// An attempt that takes longer has failed.
    pub deadline: Duration,
    /// Whether an attempt costs money, so that a stop lets it end rather than cut it.
    pub paid: bool,
}

/// What runs jobs.
pub trait Handler: Send + Sync + 'static {
    /// The limits of this job.
    fn policy(&self, job: &Job) -> Policy;
    /// Runs it. It may be run twice.
    fn handle(&self, job: Job, context: Context) -> impl Future<Output = Result<(), JobError>> + Send;
}

/// Runs the attempts of one worker.
pub struct Attempts<H> {
    pub(super) db: PgPool,
    pub(super) worker: Arc<str>,
    pub(super) handler: Arc<H>,
    pub(super) settings: Arc<Settings>,
    pub(super) stop: CancellationToken,
    pub(super) acks: Acks,
}

impl<H: Handler> Attempts<H> {
    /// As apalis wants it. Each attempt is a task of its own: it ends as it must, also if apalis' worker does not live to
    /// see it, and work on pixels does not hold up its neighbours.
    pub fn into_service(self) -> BoxCloneService<Task<Work>, (), Infallible> {
        let attempts = Arc::new(self);
        BoxCloneService::new(tower::service_fn(move |task: Task<Work>| {
            let attempts = attempts.clone();
            let (work, _) = task.take();
            let running = tokio::spawn(async move { attempts.run(work).await });
            async move {
                if let Err(error) = running.await {
                    tracing::error!(%error, "an attempt ended without its end being written; it is rescued when this process is gone");
                }
                Ok(())
            }
        }))
    }

    async fn run(&self, work: Work) {
        let Work { job, slot } = work;
        let span = tracing::info_span!(
            "job",
            job = job.name(),
            job_id = %job.job_id,
            attempt = job.attempt,
            request_id = job.request_id.as_deref().unwrap_or_default(),
        );
        let began = Instant::now();
        async {
            let ending = self.attempt(&job).await;
            self.write_down(&job, ending, began).await;
        }
        .instrument(span)
        .await;
        drop(slot);
    }

    async fn attempt(&self, handed: &Handed) -> Ending {
        if handed.attempt > handed.max_attempts {
            return Ending::GiveUp {
                error: format!("its workers died in all of its {} attempts", handed.max_attempts),
            };
        }
        // Handed out while the stop came: it has not begun.
        if self.stop.is_cancelled() {
            return Ending::HandBack;
        }
        let job = match handed.decode() {
            Ok(job) => job,
            // A newer version may be rolling out beside this one: another worker may know it.
            Err(error) => {
                return self.retry(
                    handed,
                    Failure::Error,
                    format!("this version cannot read the job: {error}"),
                );
            }
        };
        let policy = self.handler.policy(&job);
        let context = Context {
            request_id: handed.request_id.clone(),
            attempt: handed.attempt,
            claim: Claim::new(&self.worker, handed),
        };
        let handling = AssertUnwindSafe(self.handler.handle(job, context)).catch_unwind();
        let patience = if policy.paid { policy.deadline } else { self.settings.grace };
        tokio::select! {
            result = handling => match result {
                Ok(Ok(())) => Ending::Done,
                Ok(Err(error)) => self.judge(handed, error),
                Err(panic) => self.retry(handed, Failure::Panic, format!("it panicked: {}", words_of(&*panic))),
            },
            () = tokio::time::sleep(policy.deadline) => {
                self.retry(handed, Failure::Deadline, format!("it took longer than {} s", policy.deadline.as_secs()))
            }
            () = self.patience_lost(patience) => Ending::HandBack,
        }
    }

    async fn patience_lost(&self, patience: Duration) {
        self.stop.cancelled().await;
        tokio::time::sleep(patience).await;
    }

    fn judge(&self, handed: &Handed, error: JobError) -> Ending {
        match error {
            JobError::Retry(error) => self.retry(handed, Failure::Error, error),
            JobError::RetryIn { error, after } => self.retry_in(handed, Failure::Error, error, after),
            JobError::PutOff { reason, after } => {
                // Jitter, so that what was put off together does not come back together.
                Ending::PutOff { reason, after: after.mul_f64(rand::rng().random_range(1.0..1.2)) }
            }
            JobError::KeepPlace(reason) => Ending::KeepPlace { reason },
            JobError::GiveUp(error) => Ending::GiveUp { error },
        }
    }

    fn retry(&self, handed: &Handed, how: Failure, error: String) -> Ending {
        self.retry_in(handed, how, error, Duration::ZERO)
    }

    fn retry_in(&self, handed: &Handed, how: Failure, error: String, least: Duration) -> Ending {
        let doublings = u32::try_from(handed.attempt - 1).unwrap_or_default().min(20);
        let pause = self.settings.backoff.saturating_mul(1 << doublings).min(self.settings.backoff_max);
        // Jitter of a fifth either way, so that what failed together does not come back together.
        let pause = pause.mul_f64(rand::rng().random_range(0.8..1.2));
        Ending::Retry { error, how, after: pause.max(least) }
    }

    /// Tries until the database takes it: without it the end would be found out only by rescue.
    async fn write_down(&self, job: &Handed, ending: Ending, began: Instant) {
        let ms = began.elapsed().as_millis();
        if matches!(ending, Ending::Done) {
            self.acks.done(job.job_id.clone(), job.attempt).await;
            tracing::info!(ms, "done");
            return;
        }
        let given = loop {
            match queue::end(&self.db, &Cause::now(job.request_id.clone()), &self.worker, job, &ending).await
            {
                Ok(given) => break given,
                Err(error) => tracing::warn!(%error, "cannot write the end of an attempt yet"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        match given {
            Given::Done | Given::Waiting => {
                tracing::warn!(ms, ?ending, "did not succeed; it will be tried again");
            }
            Given::Dead => tracing::error!(ms, ?ending, "gave up"),
            Given::Stale => tracing::warn!(ms, "was taken from this worker; its end changes nothing"),
        }
    }
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without words".to_owned())
}
