//! A server that is started again when it ends by itself.

use std::time::Duration;

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{cluster::Cluster, server::Server};
use crate::{
    keeper::Keeper,
    logs::{Logs, Source},
};

/// A server under watch.
#[derive(Debug)]
pub struct Kept {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Kept {
    /// Watches a server from here on.
    pub fn watch(cluster: Cluster, server: Server, logs: Logs, keeper: Keeper) -> Self {
        let stop = CancellationToken::new();
        // The others know this port and no other.
        let cluster = cluster.preferring(server.port);
        let task = tokio::spawn(keep(cluster, server, logs, keeper, stop.clone()));
        Self { stop, task }
    }

    /// Stops it and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        // Its task panics only with us.
        let _ = self.task.await;
    }
}

async fn keep(cluster: Cluster, mut server: Server, logs: Logs, keeper: Keeper, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = server.ended() => {}
            () = stop.cancelled() => {
                server.stop().await;
                keeper.forget("postgres");
                return;
            }
        }
        keeper.forget("postgres");
        logs.line(Source::Dev, "PostgreSQL ended by itself; it starts again");
        loop {
            match cluster.start(&keeper).await {
                Ok(started) => {
                    server = started;
                    logs.line(Source::Dev, "PostgreSQL is back");
                    break;
                }
                Err(error) => logs.line(Source::Dev, &format!("{error:#}")),
            }
            if timeout(Duration::from_secs(5), stop.cancelled()).await.is_ok() {
                return;
            }
        }
    }
}
