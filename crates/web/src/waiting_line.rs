//! Who waits for pictures, and how fast it goes on: read once every few seconds, however many pages ask.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shop::generations::{self, Line};
use sqlx::PgPool;
use tokio::sync::Mutex;

/// How long what was read is good for. A page that waits asks every second at most.
const GOOD_FOR: TimeDelta = TimeDelta::seconds(2);

/// The line as it was a moment ago.
#[derive(Default)]
pub struct WaitingLine(Mutex<Option<(DateTime<Utc>, Arc<Line>)>>);

impl WaitingLine {
    /// Looks at it. Whoever asks while it is being read waits for that, and reads nothing.
    pub async fn look(&self, db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<Arc<Line>> {
        let mut kept = self.0.lock().await;
        if let Some((read_at, line)) = &*kept
            && at < *read_at + GOOD_FOR
        {
            return Ok(Arc::clone(line));
        }
        let line = Arc::new(generations::line(db, at).await?);
        *kept = Some((at, Arc::clone(&line)));
        Ok(line)
    }
}
