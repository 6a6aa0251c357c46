//! The outermost layer: every request gets an id, an answer whatever happens, our headers and one line in the log.

use std::{any::Any, panic::AssertUnwindSafe, sync::Arc};

use futures::FutureExt;
use poem::{
    Endpoint, Error, PathPattern, Request, Response, Result,
    http::{HeaderName, HeaderValue, Method},
};
use tokio::time::Instant;

use crate::{
    error::{self, Problem},
    site::Site,
    visit::Visit,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Wraps everything else.
pub struct Outermost<E> {
    inner: E,
    site: Arc<Site>,
}

impl<E> Outermost<E> {
    /// Around the routes.
    pub fn new(inner: E, site: Arc<Site>) -> Self {
        Self { inner, site }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Outermost<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let started = Instant::now();
        let method = request.method().clone();
        let visit = Visit::begin(Arc::clone(&self.site), &request);
        request.set_data(Arc::clone(&visit));
        let result = match self.site.hosts.refusal(&request) {
            Some(refusal) => Ok(refusal),
            None => match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
                Ok(result) => result,
                Err(panic) => {
                    Err(Problem::Broken(anyhow::anyhow!("a page panicked: {}", words(panic.as_ref()))).into())
                }
            },
        };
        let (mut response, pattern) = match result {
            Ok(response) => {
                let pattern = response.data::<PathPattern>().cloned();
                (response, pattern)
            }
            Err(error) => {
                let pattern = error.data::<PathPattern>().cloned();
                let mut response = error::answer(&visit, &problem(error)).await;
                if method == Method::HEAD {
                    response.set_body(());
                }
                (response, pattern)
            }
        };
        let headers = response.headers_mut();
        self.site.headers.put_on(headers);
        if let Ok(id) = HeaderValue::try_from(&visit.request_id) {
            headers.insert(REQUEST_ID, id);
        }
        // The route's pattern and never the address: that may hold a customer's sentence.
        tracing::info!(
            method = %method,
            route = pattern.as_ref().map_or("-", |pattern| &pattern.0),
            status = response.status().as_u16(),
            ms = tenths(started.elapsed()),
            request_id = %visit.request_id,
            "answered"
        );
        Ok(response)
    }
}

fn problem(error: Error) -> Problem {
    if error.is::<Problem>() {
        return error.downcast().unwrap_or_else(|error| Problem::Broken(anyhow::anyhow!("{error}")));
    }
    // What poem itself refuses: a path that no route has.
    if error.status().is_client_error() {
        Problem::NotFound
    } else {
        Problem::Broken(anyhow::anyhow!("{error}"))
    }
}

fn words(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}

/// Milliseconds with one decimal.
fn tenths(duration: std::time::Duration) -> f64 {
    f64::from(u32::try_from(duration.as_micros() / 100).unwrap_or(u32::MAX)) / 10.0
}
