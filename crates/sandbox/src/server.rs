//! Listeners, their connections, and one way to end them all.

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use poem::endpoint::make;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Everything that the sandbox runs in the background.
#[derive(Clone)]
pub(crate) struct Tasks {
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Tasks {
    pub fn new() -> Tasks {
        Tasks { tracker: TaskTracker::new(), stop: CancellationToken::new() }
    }

    /// Runs a task until it ends or the sandbox stops.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tracker.spawn(self.stop.clone().run_until_cancelled_owned(task));
    }

    pub fn cancel(&self) {
        self.stop.cancel();
    }

    pub async fn stop(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// Loopback only: a stand-in with a known password has no business on a network.
pub(crate) async fn bind(port: Option<u16>, what: &str) -> anyhow::Result<TcpListener> {
    let port = port.unwrap_or(0);
    TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .with_context(|| format!("cannot listen on 127.0.0.1:{port} for the sandbox's {what} listener"))
}

/// Accepts until the sandbox stops; each connection is a task of its own.
pub(crate) fn accept<F, C>(tasks: &Tasks, listener: TcpListener, connection: F)
where
    F: Fn(TcpStream) -> C + Send + 'static,
    C: Future<Output = ()> + Send + 'static,
{
    let connections = tasks.clone();
    tasks.spawn(async move {
        loop {
            match listener.accept().await {
                Ok((stream, _)) => {
                    // An answer that waits for Nagle's timer would be measured as the provider's slowness.
                    stream.set_nodelay(true).ok();
                    connections.spawn(connection(stream));
                }
                Err(error) if error.kind() == ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    });
}

/// The mark of a response that is not sent: the connection closes instead.
#[derive(Clone)]
pub(crate) struct HangUp;

impl HangUp {
    pub fn response() -> Response {
        let mut response = Response::default();
        response.set_data(HangUp);
        response
    }
}

/// An endpoint that answers with the state it is given.
pub(crate) fn answering<S, F, A>(state: &Arc<S>, answer: F) -> impl Endpoint<Output = Response> + use<S, F, A>
where
    S: Send + Sync + 'static,
    F: Fn(Arc<S>, poem::Request) -> A + Send + Sync + 'static,
    A: Future<Output = poem::Result<Response>> + Send + 'static,
{
    let state = Arc::clone(state);
    make(move |request| answer(Arc::clone(&state), request))
}

/// Serves a poem endpoint. Poem's own server leaves its connections running when its task is dropped, and `stop` must
/// end them.
pub(crate) fn serve_pages(tasks: &Tasks, listener: TcpListener, endpoint: impl Endpoint + 'static) {
    let endpoint = Arc::new(endpoint);
    accept(tasks, listener, move |stream| {
        let endpoint = Arc::clone(&endpoint);
        async move {
            let local = LocalAddr(stream.local_addr().map_or_else(|_| no_address(), Addr::from));
            let remote = RemoteAddr(stream.peer_addr().map_or_else(|_| no_address(), Addr::from));
            let service = service_fn(move |request: http::Request<Incoming>| {
                let endpoint = Arc::clone(&endpoint);
                let request = poem::Request::from((request, local.clone(), remote.clone(), Scheme::HTTP));
                async move {
                    let response: Response = endpoint.get_response(request).await;
                    if response.data::<HangUp>().is_some() {
                        return Err(std::io::Error::from(ErrorKind::ConnectionReset));
                    }
                    Ok(http::Response::from(response))
                }
            });
            serve_connection(stream, service).await;
        }
    });
}

/// Serves one connection. Its errors are the client's going away, or a body that was cut on purpose.
pub(crate) async fn serve_connection<S, B>(stream: TcpStream, service: S)
where
    S: hyper::service::HttpService<Incoming, ResBody = B>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    B: hyper::body::Body + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection to the sandbox ended early");
    }
}

fn no_address() -> Addr {
    Addr::custom("none", "")
}
