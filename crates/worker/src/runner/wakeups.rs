//! Wake-ups: one LISTEN for all lanes. A lane that is told to look again while it looks, looks once more.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::Deserialize;
use shop::{jobs::Lane, queue};
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::lanes::LaneSettings;

/// One bell for each lane.
#[derive(Clone)]
pub struct Wakeups {
    bells: Arc<HashMap<Lane, Arc<Notify>>>,
}

#[derive(Deserialize)]
struct Announcement {
    job_type: String,
}

impl Wakeups {
    /// The lane's bell.
    pub fn of(&self, lane: Lane) -> Arc<Notify> {
        self.bells.get(&lane).cloned().unwrap_or_default()
    }

    fn ring(&self, announcement: &str) {
        let lane = serde_json::from_str::<Announcement>(announcement)
            .ok()
            .and_then(|told| told.job_type.parse().ok());
        // Of another process' lane it is none of our business, and what we cannot read the poll will find.
        if let Some(bell) = lane.and_then(|lane: Lane| self.bells.get(&lane)) {
            bell.notify_one();
        }
    }

    fn ring_all(&self) {
        self.bells.values().for_each(|bell| bell.notify_one());
    }
}

/// Listens until `ended`. While the connection is gone, the lanes poll.
pub fn listen(db: PgPool, lanes: &[LaneSettings], ended: CancellationToken) -> Wakeups {
    let bells = lanes.iter().map(|lane| (lane.lane, Arc::new(Notify::new()))).collect();
    let wakeups = Wakeups { bells: Arc::new(bells) };
    let ringing = wakeups.clone();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = ended.cancelled() => return,
                Err(error) = hear(&db, &ringing) => tracing::warn!(%error, "lost the connection for wake-ups; lanes poll"),
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    wakeups
}

async fn hear(db: &PgPool, wakeups: &Wakeups) -> sqlx::Result<std::convert::Infallible> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(queue::ANNOUNCEMENTS).await?;
    loop {
        // Whatever was announced before we listened, or while the connection was being renewed (`None`).
        wakeups.ring_all();
        while let Some(told) = listener.try_recv().await? {
            wakeups.ring(told.payload());
        }
    }
}
