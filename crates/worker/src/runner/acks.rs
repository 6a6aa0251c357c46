//! Acknowledgements of jobs that are done: as many as came in while the last statement ran go into the next one.

use std::time::Duration;

use shop::queue;
use sqlx::PgPool;
use tokio::sync::{mpsc, oneshot};

/// Most jobs of one statement.
const BATCH: usize = 256;

/// A job that is done: its id, its attempt, and who waits for the acknowledgement.
type Done = (String, i32, oneshot::Sender<()>);

/// Where jobs that are done are handed in.
#[derive(Clone)]
pub struct Acks(mpsc::Sender<Done>);

impl Acks {
    /// Comes back when the job's end is committed.
    pub async fn done(&self, job_id: String, attempt: i32) {
        let (told, committed) = oneshot::channel();
        if self.0.send((job_id, attempt, told)).await.is_ok() {
            committed.await.ok();
        }
    }
}

/// Starts acknowledging for a worker, for as long as somebody may hand something in.
pub fn start(db: PgPool, worker: String) -> Acks {
    let (sender, mut receiver) = mpsc::channel::<Done>(BATCH);
    tokio::spawn(async move {
        let mut batch = Vec::with_capacity(BATCH);
        while receiver.recv_many(&mut batch, BATCH).await > 0 {
            let jobs: Vec<(String, i32)> =
                batch.iter().map(|(id, attempt, _)| (id.clone(), *attempt)).collect();
            acknowledge(&db, &worker, &jobs).await;
            for (_, _, told) in batch.drain(..) {
                told.send(()).ok();
            }
        }
    });
    Acks(sender)
}

/// Tries until the database takes it: the work is done, and only this keeps it from being done again.
async fn acknowledge(db: &PgPool, worker: &str, jobs: &[(String, i32)]) {
    loop {
        match queue::end_all_done(db, worker, jobs).await {
            Ok(ended) if ended < jobs.len() as u64 => {
                tracing::warn!(worker, jobs = jobs.len(), ended, "some jobs had been taken from this worker");
                return;
            }
            Ok(_) => return,
            Err(error) => tracing::warn!(%error, worker, "cannot acknowledge jobs yet"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}
