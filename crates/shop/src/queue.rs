//! The queue as a worker sees it: apalis' tables, with our fetch and our history of attempts (`0004_jobs.sql`).
//!
//! Every write that ends an attempt is fenced by the worker and the moment of handing out: a worker that was taken for dead and comes
//! back late changes nothing.

mod claims;
mod endings;
mod pruning;
mod workers;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgPool;

pub use claims::Claim;
pub use endings::{Ending, Failure, Given, Outcome, end, end_all_done};
pub use pruning::{Pruned, prune};
pub use workers::{beat, close, rescue};

use crate::jobs::Lane;

/// The channel on which apalis' insert trigger announces a job that is due: `{"job_type", "id", "run_at"}`.
pub const ANNOUNCEMENTS: &str = "apalis::job::insert";

/// A job that was handed to a worker.
#[derive(Debug, Clone)]
pub struct Handed {
    /// Its id, a ULID.
    pub job_id: String,
    /// Which try this is, from 1. Above `max_attempts` it is not to be tried but to be buried: the workers that had it
    /// died, each time.
    pub attempt: i32,
    /// When it was handed out: with the attempt it tells this handing-out from any other.
    pub handed_at: DateTime<Utc>,
    /// How many tries it has.
    pub max_attempts: i32,
    /// The stored job, not yet decoded: one that cannot be decoded must not hurt its neighbours.
    pub payload: Vec<u8>,
    /// The HTTP request that led to it.
    pub request_id: Option<String>,
}

impl Handed {
    /// The payload, if it is one that this version knows.
    pub fn decode(&self) -> Result<crate::jobs::Job, serde_json::Error> {
        serde_json::from_slice(&self.payload)
    }

    /// The name of the job as stored, also when the rest of it is not understood.
    pub fn name(&self) -> String {
        serde_json::from_slice::<Value>(&self.payload)
            .ok()
            .and_then(|value| value.get("job")?.as_str().map(str::to_owned))
            .unwrap_or_else(|| "unknown".to_owned())
    }
}

/// Takes up to `count` due jobs of a lane for a worker that is open, and records the attempts.
pub async fn fetch(db: &PgPool, worker: &str, lane: Lane, count: i32) -> sqlx::Result<Vec<Handed>> {
    sqlx::query_as!(
        Handed,
        r#"select id as "job_id!", attempts as "attempt!", lock_at as "handed_at!", max_attempts as "max_attempts!", job as "payload!",
                  nullif(metadata -> 'request_id', '') as request_id
           from apalis.get_jobs($1, $2, $3)"#,
        worker,
        lane.name(),
        count,
    )
    .fetch_all(db)
    .await
}
