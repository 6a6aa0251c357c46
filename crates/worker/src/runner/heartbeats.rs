//! Heartbeats: this process says that it lives, to its last moment, rescues the jobs of those that fell silent, and now and
//! then sweeps up rows that nobody needs any more.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shop::{Cause, jobs::Lane, queue, schedules, sessions, throttles, tokens};
use sqlx::PgPool;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::Settings;

/// How often each process sweeps. It takes some milliseconds of the connection that the heart beats over.
const SWEEP_EVERY: Duration = Duration::from_mins(1);

/// The names of this process' workers.
#[derive(Clone, Default)]
pub struct Living(Arc<Mutex<Vec<(String, Lane)>>>);

impl Living {
    /// One more worker. It stays until the process ends: a job of a worker that was restarted may still run.
    pub fn add(&self, worker: String, lane: Lane) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((worker, lane));
    }

    fn all(&self) -> Vec<(String, Lane)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Beats until `ended`, then takes this process' workers off the list.
pub async fn keep(db: PgPool, living: Living, settings: Arc<Settings>, ended: CancellationToken) {
    let mut ticks = tokio::time::interval(settings.beat);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rhythm = Rhythm::default();
    let mut swept: Option<Instant> = None;
    loop {
        tokio::select! { _ = ticks.tick() => {}, () = ended.cancelled() => break }
        if let Err(error) = beat(&db, &living, &settings, &mut rhythm).await {
            tracing::warn!(%error, "heartbeat failed");
        } else if swept.is_none_or(|swept| swept.elapsed() >= SWEEP_EVERY) {
            swept = Some(Instant::now());
            if let Err(error) = sweep(&db).await {
                tracing::warn!(%error, "could not sweep up");
            }
        }
        // Upkeep is enqueued by those who do it: a process of other lanes has nothing to do with it.
        if settings.lanes.iter().any(|lane| lane.lane == Lane::Upkeep)
            && let Err(error) = schedules::tick(&db, &Cause::now(None)).await
        {
            tracing::warn!(%error, "cannot enqueue upkeep yet");
        }
    }
    let names: Vec<String> = living.all().into_iter().map(|(name, _)| name).collect();
    queue::close(&db, &names).await.ok();
}

async fn beat(db: &PgPool, living: &Living, settings: &Settings, rhythm: &mut Rhythm) -> sqlx::Result<()> {
    queue::beat(db, &living.all()).await?;
    if !rhythm.beaten(Instant::now(), settings.silence) {
        return Ok(());
    }
    let rescued = queue::rescue(db, settings.silence).await?;
    if rescued > 0 {
        tracing::warn!(rescued, "took jobs from workers that were not heard of any more");
    }
    Ok(())
}

/// What ran out: limits that are used up no more, sessions, links in mails. Each in a small batch; the rest has time.
async fn sweep(db: &PgPool) -> sqlx::Result<()> {
    let Cause { at, .. } = Cause::now(None);
    let (throttles, sessions, links) =
        (throttles::prune(db, at).await?, sessions::prune(db, at).await?, tokens::prune(db, at).await?);
    if throttles + sessions + links > 0 {
        tracing::debug!(throttles, sessions, links, "swept up what ran out");
    }
    Ok(())
}

/// Since when this process beats without a gap. After an outage of the database everybody looks dead to whoever beats
/// first: only a process that has beaten for a whole silence may judge the others, who had as long to be heard.
#[derive(Default)]
struct Rhythm {
    since: Option<Instant>,
    last: Option<Instant>,
}

impl Rhythm {
    /// Notes a beat. May this process judge others?
    fn beaten(&mut self, now: Instant, silence: Duration) -> bool {
        if self.last.is_none_or(|last| now - last > silence) {
            self.since = Some(now);
        }
        self.last = Some(now);
        self.since.is_some_and(|since| now - since >= silence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_silent_itself_does_not_judge() {
        let (start, second) = (Instant::now(), Duration::from_secs(1));
        let (silence, mut rhythm) = (second * 25, Rhythm::default());
        assert!(
            (0..25).step_by(5).all(|at| !rhythm.beaten(start + second * at, silence)),
            "not from the start"
        );
        assert!(rhythm.beaten(start + second * 25, silence), "after a whole silence");
        assert!(rhythm.beaten(start + second * 40, silence), "a short gap is no silence");
        assert!(!rhythm.beaten(start + second * 70, silence), "the database was away: all seem dead");
        assert!((75..95).step_by(5).all(|at| !rhythm.beaten(start + second * at, silence)));
        assert!(rhythm.beaten(start + second * 95, silence), "the others had time to be heard");
    }
}
