//! The S3 store: s3s-fs checks signatures and keeps the objects, this file counts, and breaks on command.

mod counts;
mod outage;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::service::service_fn;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, HttpError};
use tokio::net::TcpListener;

pub(crate) use counts::{Counts, Seen};

use crate::SandboxConfig;
use crate::server::{self, Tasks};

/// The store and what is known about its use.
pub(crate) struct Storage {
    service: S3Service,
    counts: Counts,
    outage_until: Mutex<Option<Instant>>,
}

impl Storage {
    /// Opens the store and makes the bucket, which is a folder.
    pub async fn open(config: &SandboxConfig) -> anyhow::Result<Storage> {
        let root: PathBuf = config.data_dir.join("s3");
        tokio::fs::create_dir_all(root.join(&config.bucket))
            .await
            .with_context(|| format!("cannot make the bucket {} in {}", config.bucket, root.display()))?;
        let files = s3s_fs::FileSystem::new(&root)
            .map_err(|error| anyhow::anyhow!("cannot open the S3 store in {}: {error:?}", root.display()))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(config.access_key.clone(), config.secret_key.clone()));
        Ok(Storage { service: builder.build(), counts: Counts::default(), outage_until: Mutex::new(None) })
    }

    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Every request answers 503 for so long; zero ends it.
    pub fn break_for(&self, time: Duration) {
        *self.outage_until.lock().unwrap_or_else(PoisonError::into_inner) =
            (!time.is_zero()).then(|| Instant::now() + time);
    }

    /// How long the outage still lasts.
    pub fn outage_left(&self) -> Option<Duration> {
        let until = *self.outage_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.and_then(|until| until.checked_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, HttpError> {
        let seen = Seen::of(&request);
        let answer = if let Some(left) = self.outage_left() {
            Ok(outage::refusal(request.uri().path(), left))
        } else if counts::climbs(request.uri().path()) {
            Ok(outage::bad_path(request.uri().path()))
        } else {
            self.service.call(request.map(Body::from)).await
        };
        let status = answer.as_ref().map_or(StatusCode::INTERNAL_SERVER_ERROR, Response::status);
        self.counts.add(seen, status);
        answer
    }
}

/// Serves the store.
pub(crate) fn serve(tasks: &Tasks, listener: TcpListener, storage: Arc<Storage>) {
    server::accept(tasks, listener, move |stream| {
        let storage = Arc::clone(&storage);
        server::serve_connection(
            stream,
            service_fn(move |request| {
                let storage = Arc::clone(&storage);
                async move { storage.answer(request).await }
            }),
        )
    });
}
