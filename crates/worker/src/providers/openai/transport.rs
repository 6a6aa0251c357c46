//! Below async-openai, above reqwest: no retries, and what the client would drop (status, headers, request id) kept.

use std::{
    sync::{Arc, OnceLock},
    task::{Context, Poll},
};

use async_openai::{error::OpenAIError, middleware::HttpRequestFactory};
use futures::future::BoxFuture;
use http::HeaderMap;
use tower::Service;

tokio::task_local! {
    static HEARD: Heard;
}

/// What was heard of a call beside its answer.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<OnceLock<String>>);

impl Heard {
    /// Runs a call and listens for the id that the provider gave it.
    pub async fn listen<F: Future>(self, call: F) -> F::Output {
        HEARD.scope(self, call).await
    }

    /// The provider's id for the request.
    pub fn request_id(&self) -> Option<String> {
        self.0.get().cloned()
    }
}

/// An answer that is no success.
#[derive(Debug, thiserror::Error)]
#[error("HTTP {status}")]
pub struct HttpFailure {
    /// Its status.
    pub status: http::StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// The beginning of its body, which may be anything.
    pub body: String,
}

/// As much of an error's body as is looked at.
const BODY_MAX: usize = 64 << 10;

/// The beginning of a body. One that breaks off is as good as one that ends there: the status says enough.
async fn beginning(mut response: reqwest::Response) -> String {
    let mut body = Vec::new();
    while body.len() < BODY_MAX
        && let Ok(Some(chunk)) = response.chunk().await
    {
        body.extend_from_slice(&chunk);
    }
    String::from_utf8_lossy(&body).into_owned()
}

/// Sends each request once.
#[derive(Clone)]
pub struct Transport {
    http: reqwest::Client,
}

impl Transport {
    /// Over this client.
    pub fn new(http: reqwest::Client) -> Self {
        Self { http }
    }
}

impl Service<HttpRequestFactory> for Transport {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = BoxFuture<'static, Result<reqwest::Response, OpenAIError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let http = self.http.clone();
        Box::pin(async move {
            let response = http.execute(factory.build().await?).await.map_err(OpenAIError::Reqwest)?;
            if let Some(id) = response.headers().get("x-request-id").and_then(|id| id.to_str().ok()) {
                HEARD.try_with(|heard| heard.0.set(id.to_owned())).ok();
            }
            if response.status().is_success() {
                return Ok(response);
            }
            let (status, headers) = (response.status(), response.headers().clone());
            let body = beginning(response).await;
            Err(OpenAIError::Boxed(Box::new(HttpFailure { status, headers, body })))
        })
    }
}
