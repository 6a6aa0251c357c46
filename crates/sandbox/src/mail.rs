//! The inbox: takes every mail that is sent to it, keeps it on disk, and lets a person or a test read it.

mod inbox;
mod letters;
mod refusals;
mod smtp;

use std::sync::Arc;

use tokio::net::TcpListener;

pub(crate) use inbox::Inbox;
pub(crate) use letters::Letter;
pub(crate) use refusals::Refusals;

use crate::server::{self, Tasks};

/// Serves SMTP.
pub(crate) fn serve(tasks: &Tasks, listener: TcpListener, inbox: Arc<Inbox>, refusals: Arc<Refusals>) {
    server::accept(tasks, listener, move |stream| {
        let (inbox, refusals) = (Arc::clone(&inbox), Arc::clone(&refusals));
        async move {
            if let Err(error) = smtp::converse(stream, &inbox, &refusals).await {
                tracing::debug!(%error, "an SMTP conversation ended early");
            }
        }
    });
}
