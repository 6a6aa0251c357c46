//! What the shop does by itself from time to time. Any worker may be the one that enqueues what is due: it is enqueued once,
//! and not at all while the run before it has not ended.

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use crate::{Cause, jobs::Job};

/// The kinds of upkeep, as `schedules.name` has them.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::Display,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Upkeep {
    /// What was not drawn in the promised time is ended.
    ExpireGenerations,
    /// The provider's list of models is asked for ends that are announced.
    CheckModels,
    /// The books are compared.
    Reconcile,
    /// Payments of which nothing was heard for a while are asked after, and orders that nobody pays are ended.
    CheckPayments,
    /// The payment provider is asked for what it could not tell us.
    FetchPaymentEvents,
    /// The ledger is compared with the payment provider's.
    ReconcilePayments,
    /// What is of no more use is removed.
    Prune,
}

/// How a run ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum RunOutcome {
    /// It did what it had to.
    Done,
    /// It was given up.
    Failed,
}

/// A schedule, as staff see it.
#[derive(Debug, Clone, Serialize)]
pub struct Schedule {
    /// What is done.
    pub name: Upkeep,
    /// How often, in seconds.
    pub every_seconds: i32,
    /// When it is due.
    pub next_run_at: DateTime<Utc>,
    /// When the last run ended.
    pub last_run_at: Option<DateTime<Utc>>,
    /// How.
    pub last_outcome: Option<RunOutcome>,
    /// What it did, or what went wrong.
    pub last_note: String,
}

impl Upkeep {
    /// The job that does it.
    pub fn job(self) -> Job {
        match self {
            Self::ExpireGenerations => Job::ExpireGenerations,
            Self::CheckModels => Job::CheckModels,
            Self::Reconcile => Job::Reconcile,
            Self::CheckPayments => Job::CheckPayments,
            Self::FetchPaymentEvents => Job::FetchPaymentEvents,
            Self::ReconcilePayments => Job::ReconcilePayments,
            Self::Prune => Job::Prune,
        }
    }

    /// How often, in seconds.
    fn every_seconds(self) -> i32 {
        match self {
            Self::ExpireGenerations => 60,
            Self::CheckPayments => 10 * 60,
            Self::FetchPaymentEvents | Self::Prune => 60 * 60,
            Self::CheckModels | Self::Reconcile | Self::ReconcilePayments => 24 * 60 * 60,
        }
    }

    /// When a shop that is opened now does it first.
    fn first(self, opened: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::ExpireGenerations => opened + Duration::minutes(1),
            Self::CheckModels => opened + Duration::minutes(5),
            Self::CheckPayments | Self::Prune => opened + Duration::minutes(10),
            Self::FetchPaymentEvents => opened + Duration::minutes(15),
            // At three in the morning (UTC), when the shop is quiet.
            Self::Reconcile | Self::ReconcilePayments => {
                let three =
                    opened.date_naive().and_time(chrono::NaiveTime::MIN).and_utc() + Duration::hours(3);
                if three > opened { three } else { three + Duration::days(1) }
            }
        }
    }
}

/// All schedules, by name.
pub async fn all(db: &PgPool) -> sqlx::Result<Vec<Schedule>> {
    sqlx::query_as!(
        Schedule,
        r#"select name as "name: Upkeep", every_seconds, next_run_at, last_run_at,
                  last_outcome as "last_outcome: RunOutcome", last_note
           from schedules order by name"#
    )
    .fetch_all(db)
    .await
}

/// When a kind of upkeep was last done well.
pub async fn last_done(db: &PgPool, upkeep: Upkeep) -> sqlx::Result<Option<DateTime<Utc>>> {
    let at = sqlx::query_scalar!(
        "select last_run_at from schedules where name = $1 and last_outcome = 'done'",
        upkeep as Upkeep,
    )
    .fetch_optional(db)
    .await?;
    Ok(at.flatten())
}

/// Makes the schedules known when a worker starts. Those that are known keep their time.
pub async fn introduce(db: &PgPool, cause: &Cause) -> sqlx::Result<()> {
    use strum::VariantArray;
    for upkeep in Upkeep::VARIANTS {
        sqlx::query!(
            "insert into schedules (name, every_seconds, next_run_at) values ($1, $2, $3)
             on conflict (name) do update set every_seconds = excluded.every_seconds",
            *upkeep as Upkeep,
            upkeep.every_seconds(),
            upkeep.first(cause.at),
        )
        .execute(db)
        .await?;
    }
    Ok(())
}

/// Enqueues what is due. Runs that were missed while no worker was there are not made up for: one is enough.
pub async fn tick(db: &PgPool, cause: &Cause) -> sqlx::Result<Vec<Upkeep>> {
    let mut tx = db.begin().await?;
    // Whoever comes second finds the row locked, or its time moved on.
    let due = sqlx::query_scalar!(
        r#"update schedules s
           set next_run_at = s.next_run_at + make_interval(secs => s.every_seconds::float8
                   * (floor(extract(epoch from $1::timestamptz - s.next_run_at)::float8 / s.every_seconds) + 1))
           from (select name from schedules where next_run_at <= $1 for update skip locked) due
           where s.name = due.name
           returning s.name as "name: Upkeep""#,
        cause.at,
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut enqueued = Vec::new();
    for upkeep in due {
        let job = upkeep.job();
        let is_under_way = sqlx::query_scalar!(
            r#"select exists (select from apalis.jobs
                   where job_type = $1 and status not in ('Done', 'Killed') and convert_from(job, 'utf8')::jsonb ->> 'job' = $2) as "is!""#,
            job.lane().name(),
            job.name(),
        )
        .fetch_one(&mut *tx)
        .await?;
        if !is_under_way {
            job.enqueue(&mut tx, cause).await?;
            enqueued.push(upkeep);
        }
    }
    tx.commit().await?;
    Ok(enqueued)
}

/// A run ended well; `note` is what it did, for staff.
pub async fn ran(db: &PgPool, cause: &Cause, upkeep: Upkeep, note: &str) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    end(&mut tx, cause, upkeep, RunOutcome::Done, note).await?;
    tx.commit().await
}

/// A run was given up.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, cause: &Cause, upkeep: Upkeep) -> sqlx::Result<()> {
    let note = "It was given up: the attempts of its last job say why.";
    end(tx, cause, upkeep, RunOutcome::Failed, note).await
}

async fn end(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    upkeep: Upkeep,
    outcome: RunOutcome,
    note: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update schedules set last_run_at = $2, last_outcome = $3, last_note = $4 where name = $1",
        upkeep as Upkeep,
        cause.at,
        outcome as RunOutcome,
        note,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
