//! Finished jobs go after a while, and their attempts with them: fetching and acknowledging slow down with every row.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgPool;

/// A job that is done is of no use to anybody after so long.
const DONE_KEPT: Duration = Duration::days(7);
/// A dead one is looked into by staff.
const DEAD_KEPT: Duration = Duration::days(90);
/// A statement removes no more, so that it holds nobody up.
const AT_ONCE: i64 = 1_000;

/// Removes a batch of jobs that ended long ago. Returns how many there were; fewer than a full batch means that none are left.
pub async fn prune(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<Pruned> {
    let pruned = sqlx::query!(
        "delete from apalis.jobs where id in (
             select id from apalis.jobs
             where (status = 'Done' and done_at < $1) or (status = 'Killed' and done_at < $2)
             order by done_at limit $3 for update skip locked)",
        at - DONE_KEPT,
        at - DEAD_KEPT,
        AT_ONCE,
    )
    .execute(db)
    .await?;
    let jobs = pruned.rows_affected();
    Ok(Pruned { jobs, is_all: i64::try_from(jobs).is_ok_and(|jobs| jobs < AT_ONCE) })
}

/// What a batch came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// How many jobs were removed.
    pub jobs: u64,
    /// Whether none are left.
    pub is_all: bool,
}
