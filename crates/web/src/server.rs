//! The listener: takes connections within limits, gives slow clients little time, and stops without cutting anybody off.
//!
//! poem's own server has no limit on how long the head of a request may take (200 half-open connections stay for good),
//! so that hyper is driven here, with the same conversions.

use std::{convert::Infallible, future::Future, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::{
    Endpoint, Request, Response,
    http::{self, uri::Scheme},
    web::{LocalAddr, RemoteAddr},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Most connections at once; the next one waits in the listener's backlog.
const CONNECTIONS_MAX: usize = 2_048;
/// How long the head of a request may take, counted from the end of the one before: it ends idle connections as well.
pub const HEAD_TIME: Duration = Duration::from_secs(10);
/// Most headers of a request.
const HEADERS_MAX: usize = 64;
/// Longest head of a request. A link that hands on a sentence of a thousand emoji stays below it.
const HEAD_MAX: usize = 64 * 1024;
/// How long a client may refuse to take more of an answer.
const WRITE_TIME: Duration = Duration::from_secs(30);
/// How long a stop waits for requests that had begun.
const STOP_TIME: Duration = Duration::from_secs(30);
/// After the system could not give us a connection (out of file descriptors, say), so that the loop does not spin.
const PAUSE_AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// Answers connections until `stop` is ready, and then until what had begun is done.
pub async fn run(
    listener: TcpListener,
    app: impl Endpoint<Output = Response> + 'static,
    stop: impl Future<Output = ()>,
) {
    let app = Arc::new(app);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let stopping = CancellationToken::new();
    let connections = TaskTracker::new();
    let local = listener.local_addr().map(|address| LocalAddr(address.into())).unwrap_or_default();
    tokio::pin!(stop);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        let (stream, remote) = match accepted {
            Ok(connection) => connection,
            Err(error) => {
                tracing::warn!("no connection could be taken: {error}");
                sleep(PAUSE_AFTER_REFUSAL).await;
                continue;
            }
        };
        let connection = serve(stream, local.clone(), remote, Arc::clone(&app), stopping.clone());
        connections.spawn(async move {
            connection.await;
            drop(place);
        });
    }
    drop(listener);
    tracing::info!("stopping: {} connections are open", connections.len());
    stopping.cancel();
    connections.close();
    if timeout(STOP_TIME, connections.wait()).await.is_err() {
        tracing::warn!("stopped with {} connections still open", connections.len());
    }
}

async fn serve<E: Endpoint<Output = Response> + 'static>(
    stream: TcpStream,
    local: LocalAddr,
    remote: SocketAddr,
    app: Arc<E>,
    stopping: CancellationToken,
) {
    stream.set_nodelay(true).ok();
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIME));
    let remote = RemoteAddr(remote.into());
    let service = service_fn(move |request: http::Request<Incoming>| {
        let request = Request::from((request, local.clone(), remote.clone(), Scheme::HTTP));
        let app = Arc::clone(&app);
        async move { Ok::<http::Response<_>, Infallible>(app.get_response(request).await.into()) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_headers(HEADERS_MAX)
        .max_header_size(HEAD_MAX)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    tokio::pin!(connection);
    let result = tokio::select! {
        result = connection.as_mut() => result,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = result {
        tracing::debug!("a connection ended early: {error}");
    }
}
