//! Fetching: takes due jobs from a lane whenever a slot is free.

use std::{sync::Arc, time::Duration};

use shop::{
    Cause,
    queue::{self, Ending, Handed},
};
use sqlx::PgPool;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;

use super::lanes::LaneSettings;

/// A job and the slot that it runs in; the slot is free again when this is dropped.
pub struct Work {
    /// The job.
    pub job: Handed,
    /// Its slot.
    pub slot: OwnedSemaphorePermit,
}

/// How long to wait before a database that did not answer is asked again.
const AFTER_ERROR: Duration = Duration::from_secs(1);

/// Starts fetching for a worker until `stop`; the channel closes then.
pub fn start(
    db: PgPool,
    worker: String,
    lane: LaneSettings,
    wakeup: Arc<Notify>,
    poll: Duration,
    stop: CancellationToken,
) -> mpsc::Receiver<Work> {
    let (sender, receiver) = mpsc::channel(lane.concurrency);
    tokio::spawn(async move {
        tokio::select! {
            () = make_known(&db, &worker, lane) => {}
            () = stop.cancelled() => return,
        }
        fetch(&db, &worker, lane, &wakeup, poll, &stop, &sender).await;
    });
    receiver
}

async fn make_known(db: &PgPool, worker: &str, lane: LaneSettings) {
    while let Err(error) = queue::beat(db, &[(worker.to_owned(), lane.lane)]).await {
        tracing::warn!(%error, worker, "cannot open the lane yet");
        tokio::time::sleep(AFTER_ERROR).await;
    }
}

async fn fetch(
    db: &PgPool,
    worker: &str,
    lane: LaneSettings,
    wakeup: &Notify,
    poll: Duration,
    stop: &CancellationToken,
    sender: &mpsc::Sender<Work>,
) {
    let slots = Arc::new(Semaphore::new(lane.concurrency));
    while !stop.is_cancelled() {
        let Some(free) = take_slots(&slots, lane.batch, stop).await else { return };
        let wanted = free.len();
        let jobs = match queue::fetch(db, worker, lane.lane, i32::try_from(wanted).unwrap_or(1)).await {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!(%error, worker, "cannot fetch jobs");
                tokio::select! { () = tokio::time::sleep(AFTER_ERROR) => {}, () = stop.cancelled() => {} }
                continue;
            }
        };
        let got = jobs.len();
        for (job, slot) in jobs.into_iter().zip(free) {
            // Fails only if apalis' worker ended on its own.
            if let Err(mpsc::error::SendError(Work { job, .. })) = sender.send(Work { job, slot }).await {
                let cause = Cause::now(job.request_id.clone());
                queue::end(db, &cause, worker, &job, &Ending::HandBack).await.ok();
            }
        }
        if got < wanted {
            // `notify_one` keeps a permit: news that came while the query ran is not lost.
            tokio::select! {
                () = wakeup.notified() => {}
                () = tokio::time::sleep(poll) => {}
                () = stop.cancelled() => {}
            }
        }
    }
}

/// At least one free slot, and all others that are free right now, up to `most`. None if it is time to stop.
async fn take_slots(
    slots: &Arc<Semaphore>,
    most: usize,
    stop: &CancellationToken,
) -> Option<Vec<OwnedSemaphorePermit>> {
    let first = tokio::select! {
        slot = slots.clone().acquire_owned() => slot.ok()?,
        () = stop.cancelled() => return None,
    };
    let mut free = vec![first];
    while free.len() < most
        && let Ok(slot) = slots.clone().try_acquire_owned()
    {
        free.push(slot);
    }
    Some(free)
}
