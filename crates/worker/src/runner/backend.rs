//! apalis' view of a lane: a stream of jobs that are already this worker's.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use apalis_core::{
    backend::{Backend, BackendConfig, finalize::Ephemeral},
    task::Task,
    worker::context::WorkerContext,
};
use tokio::sync::mpsc;
use tower::layer::util::Identity;

use super::fetching::Work;

/// Yields what the fetching task hands over, and ends when that does: the worker then drains and ends too. It cannot
/// fail, since the fetching outlives the database's absence.
pub struct LaneBackend {
    work: mpsc::Receiver<Work>,
}

impl LaneBackend {
    /// A backend over a channel of jobs.
    pub fn new(work: mpsc::Receiver<Work>) -> Self {
        Self { work }
    }
}

impl Backend for LaneBackend {
    type Task = Task<Work>;
    type Error = Infallible;

    fn poll_ready(&mut self, _: &mut Context<'_>, _: &WorkerContext) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_next(
        &mut self,
        cx: &mut Context<'_>,
        _: &WorkerContext,
    ) -> Poll<Option<Result<Task<Work>, Infallible>>> {
        self.work.poll_recv(cx).map(|work| work.map(|work| Ok(Task::new(work))))
    }

    fn poll_close(&mut self, _: &mut Context<'_>, worker: &WorkerContext) -> Poll<Result<(), Infallible>> {
        // A stream that ended does not end the worker, which goes on waiting for a stop. Stopping twice is no error here.
        worker.stop().ok();
        Poll::Ready(Ok(()))
    }
}

impl BackendConfig for LaneBackend {
    type Args = Work;
    type Id = ulid::Ulid;
    type Kind = Ephemeral;
    type Config = ();
    type Layer = Identity;

    fn config(&self) -> &() {
        &()
    }

    fn middleware(&mut self, _: &mut WorkerContext) -> Identity {
        Identity::new()
    }
}
