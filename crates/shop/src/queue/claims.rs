//! Holding a job: what must be true when a change may be made only once.

use chrono::{DateTime, Utc};
use sqlx::PgTransaction;

use super::Handed;

/// The proof that a worker was handed a job.
#[derive(Debug, Clone)]
pub struct Claim {
    job_id: String,
    attempt: i32,
    worker: String,
    handed_at: DateTime<Utc>,
}

impl Claim {
    /// Of this job, handed to this worker.
    pub fn new(worker: &str, job: &Handed) -> Self {
        Self {
            job_id: job.job_id.clone(),
            attempt: job.attempt,
            worker: worker.to_owned(),
            handed_at: job.handed_at,
        }
    }

    /// When the job was handed out, by the database's clock.
    pub(crate) fn handed_at(&self) -> DateTime<Utc> {
        self.handed_at
    }

    /// Does the worker still hold the job? Until the transaction ends, nobody can take it away.
    pub(crate) async fn hold(&self, tx: &mut PgTransaction<'_>) -> sqlx::Result<bool> {
        let held = sqlx::query_scalar!(
            r#"select 1 as "held!" from apalis.jobs
               where id = $1 and attempts = $2 and lock_by = $3 and lock_at = $4 and status = 'Running' for share"#,
            self.job_id,
            self.attempt,
            self.worker,
            self.handed_at,
        )
        .fetch_optional(&mut **tx)
        .await?;
        Ok(held.is_some())
    }
}
