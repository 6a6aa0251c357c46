//! Heartbeats: this process says that it lives, to its last moment, and rescues the jobs of those that fell silent.

use std::sync::{Arc, Mutex, PoisonError};

use shop::{jobs::Lane, queue};
use sqlx::PgPool;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use super::Settings;

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
    loop {
        tokio::select! { _ = ticks.tick() => {}, () = ended.cancelled() => break }
        if let Err(error) = beat(&db, &living, &settings).await {
            tracing::warn!(%error, "heartbeat failed");
        }
    }
    let names: Vec<String> = living.all().into_iter().map(|(name, _)| name).collect();
    queue::close(&db, &names).await.ok();
}

async fn beat(db: &PgPool, living: &Living, settings: &Settings) -> sqlx::Result<()> {
    queue::beat(db, &living.all()).await?;
    let rescued = queue::rescue(db, settings.silence).await?;
    if rescued > 0 {
        tracing::warn!(rescued, "took jobs from workers that were not heard of any more");
    }
    Ok(())
}
