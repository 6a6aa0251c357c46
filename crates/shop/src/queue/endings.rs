//! How an attempt ends. Each ending closes the attempt's record and moves the job in one transaction.

use std::time::Duration;

use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use super::Handed;
use crate::Cause;

/// What became of an attempt.
#[derive(Debug, Clone)]
pub enum Ending {
    /// It is done.
    Done,
    /// It failed; try again after the time, if a try is left, else give up.
    Retry {
        /// What went wrong, for staff.
        error: String,
        /// How it ended.
        how: Failure,
        /// How long to wait.
        after: Duration,
    },
    /// It could not be tried now, which uses up no attempt (a rate limit, a pause).
    PutOff {
        /// Why, for staff.
        reason: String,
        /// How long to wait.
        after: Duration,
    },
    /// Whatever it needs is not to be had for anybody now. It uses up no attempt and keeps its place in the lane, whose gate
    /// decides when it is handed out again.
    KeepPlace {
        /// Why, for staff.
        reason: String,
    },
    /// It will never work.
    GiveUp {
        /// What went wrong, for staff.
        error: String,
    },
    /// The worker stops before the job came to an end; another one may take it at once. Uses up no attempt.
    HandBack,
}

/// How a failed attempt came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Failure {
    /// The handler said so.
    Error,
    /// The handler panicked.
    Panic,
    /// It took longer than its deadline.
    Deadline,
}

/// The name of an outcome in `job_attempts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// Done.
    Done,
    /// Failed, to be tried again.
    Retry,
    /// Not counted: put off.
    PutOff,
    /// Failed for good.
    GaveUp,
    /// Failed by a panic.
    Panicked,
    /// Failed by its deadline.
    TimedOut,
    /// Not counted: the worker stopped.
    HandedBack,
    /// The worker was not heard of any more.
    WorkerDied,
}

/// What the ending did to the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    /// It is finished.
    Done,
    /// It waits for its next try.
    Waiting,
    /// It is dead, and the model says so.
    Dead,
    /// It had been taken from this worker; nothing was changed.
    Stale,
}

/// Ends one attempt of a job. A job out of tries is dead exactly here, and what it was for is marked in the same
/// transaction.
pub async fn end(
    db: &PgPool,
    cause: &Cause,
    worker: &str,
    job: &Handed,
    ending: &Ending,
) -> sqlx::Result<Given> {
    let exhausted = job.attempt >= job.max_attempts;
    let mut tx = db.begin().await?;
    let given = match ending {
        Ending::Done => finish(&mut tx, worker, job, "Done").await?,
        Ending::Retry { after, .. } if !exhausted => {
            wait(&mut tx, worker, job, "Failed", 0, Some(*after)).await?
        }
        Ending::Retry { error, .. } | Ending::GiveUp { error } => {
            bury(&mut tx, cause, worker, job, error).await?
        }
        Ending::PutOff { after, .. } => wait(&mut tx, worker, job, "Pending", 1, Some(*after)).await?,
        Ending::KeepPlace { .. } => wait(&mut tx, worker, job, "Pending", 1, None).await?,
        Ending::HandBack => wait(&mut tx, worker, job, "Pending", 1, Some(Duration::ZERO)).await?,
    };
    if given == Given::Stale {
        return Ok(given);
    }
    let (outcome, error) = describe(ending, given);
    sqlx::query!(
        "update job_attempts set ended_at = clock_timestamp(), outcome = $2, error = $3 where job_id = $1 and ended_at is null",
        job.job_id,
        <&str>::from(outcome),
        error,
    )
    .execute(&mut *tx)
    .await?;
    if given == Given::Waiting && matches!(ending, Ending::HandBack) {
        sqlx::query!(
            "select pg_notify($1, json_build_object('job_type', job_type, 'id', id)::text) from apalis.jobs where id = $2",
            super::ANNOUNCEMENTS,
            job.job_id,
        )
        .fetch_all(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(given)
}

/// Ends many attempts that are done, in one statement: what makes a lane of small jobs fast. Says how many of them were
/// still this worker's.
pub async fn end_all_done(db: &PgPool, worker: &str, jobs: &[(String, i32)]) -> sqlx::Result<u64> {
    let (ids, attempts): (Vec<String>, Vec<i32>) = jobs.iter().cloned().unzip();
    let done = sqlx::query!(
        "with ended as (
             update apalis.jobs j set status = 'Done', done_at = now(), lock_by = null, lock_at = null
             from unnest($2::text[], $3::int[]) as mine (job_id, attempt)
             where j.id = mine.job_id and j.attempts = mine.attempt and j.lock_by = $1 and j.status = 'Running'
             returning j.id
         )
         update job_attempts a set ended_at = clock_timestamp(), outcome = 'done'
         from ended where a.job_id = ended.id and a.ended_at is null",
        worker,
        &ids,
        &attempts,
    )
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn finish(tx: &mut PgTransaction<'_>, worker: &str, job: &Handed, status: &str) -> sqlx::Result<Given> {
    let moved = sqlx::query!(
        "update apalis.jobs set status = $4, done_at = now(), lock_by = null, lock_at = null
         where id = $1 and attempts = $2 and lock_by = $3 and lock_at = $5 and status = 'Running'",
        job.job_id,
        job.attempt,
        worker,
        status,
        job.handed_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(if moved.rows_affected() == 1 { Given::Done } else { Given::Stale })
}

async fn wait(
    tx: &mut PgTransaction<'_>,
    worker: &str,
    job: &Handed,
    status: &str,
    uncounted: i32,
    after: Option<Duration>,
) -> sqlx::Result<Given> {
    let moved = sqlx::query!(
        "update apalis.jobs
         set status = $4, attempts = attempts - $5, run_at = coalesce(now() + make_interval(secs => $6), run_at), lock_by = null, lock_at = null
         where id = $1 and attempts = $2 and lock_by = $3 and lock_at = $7 and status = 'Running'",
        job.job_id,
        job.attempt,
        worker,
        status,
        uncounted,
        after.map(|after| after.as_secs_f64()),
        job.handed_at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(if moved.rows_affected() == 1 { Given::Waiting } else { Given::Stale })
}

async fn bury(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    worker: &str,
    job: &Handed,
    error: &str,
) -> sqlx::Result<Given> {
    if finish(tx, worker, job, "Killed").await? == Given::Stale {
        return Ok(Given::Stale);
    }
    // A payload that nobody can decode belongs to no row; it stays on the dashboard as a dead job.
    if let Ok(known) = job.decode() {
        known.give_up(tx, cause, error).await?;
    }
    Ok(Given::Dead)
}

fn describe(ending: &Ending, given: Given) -> (Outcome, Option<&str>) {
    match ending {
        Ending::Done => (Outcome::Done, None),
        Ending::Retry { error, how, .. } => {
            let outcome = match how {
                Failure::Panic => Outcome::Panicked,
                Failure::Deadline => Outcome::TimedOut,
                Failure::Error if given == Given::Dead => Outcome::GaveUp,
                Failure::Error => Outcome::Retry,
            };
            (outcome, Some(error))
        }
        Ending::PutOff { reason, .. } | Ending::KeepPlace { reason } => (Outcome::PutOff, Some(reason)),
        Ending::GiveUp { error } => (Outcome::GaveUp, Some(error)),
        Ending::HandBack => (Outcome::HandedBack, None),
    }
}
