//! Takes events to their endpoints, several at once, signed as Stripe signs them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http::{Request, header};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use sha2::Sha256;

use super::Stripe;
use super::books::Cause;
use super::deliveries::{Errand, Letter};
use crate::clock;

/// Whoever takes longer has not taken it.
const PATIENCE: Duration = Duration::from_secs(10);

type Wire = Client<HttpConnector, Full<Bytes>>;

/// Delivers until the sandbox stops.
pub(super) fn start(stripe: &Arc<Stripe>) {
    let wire: Wire = Client::builder(TokioExecutor::new()).build_http();
    let under_way = Arc::new(AtomicUsize::new(0));
    let courier = Arc::clone(stripe);
    stripe.tasks.spawn(async move {
        loop {
            let next = courier.next_errand(under_way.load(Ordering::Acquire));
            match next {
                Next::Go(errand) => {
                    under_way.fetch_add(1, Ordering::AcqRel);
                    let (stripe, wire, under_way) =
                        (Arc::clone(&courier), wire.clone(), Arc::clone(&under_way));
                    courier.tasks.spawn(async move {
                        stripe.run(errand, &wire).await;
                        under_way.fetch_sub(1, Ordering::AcqRel);
                        stripe.posted.notify_one();
                    });
                }
                Next::WaitUntil(at) => {
                    let wait = Duration::from_millis(at.saturating_sub(clock::now_ms()).max(1));
                    tokio::time::timeout(wait, courier.posted.notified()).await.ok();
                }
                Next::Wait => courier.posted.notified().await,
            }
        }
    });
}

enum Next {
    Go(Errand),
    /// Milliseconds since 1970.
    WaitUntil(u64),
    Wait,
}

impl Stripe {
    fn next_errand(&self, under_way: usize) -> Next {
        let mut guard = self.books.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let books = &mut guard.0;
        if under_way >= books.post.at_once {
            return Next::Wait;
        }
        match books.errands.next(clock::now_ms()) {
            Ok(errand) => Next::Go(errand),
            Err(Some(at)) => Next::WaitUntil(at),
            Err(None) => Next::Wait,
        }
    }

    async fn run(&self, errand: Errand, wire: &Wire) {
        let Some(letter) = self.read(|books| books.letter(&errand)) else { return };
        let came = match tokio::time::timeout(PATIENCE, send(wire, letter)).await {
            Ok(came) => came,
            Err(_) => Err(format!("no answer within {} s", PATIENCE.as_secs())),
        };
        if !errand.is_copy {
            self.change(Cause::default(), |books| books.delivered(&errand, came));
        }
    }
}

async fn send(wire: &Wire, letter: Letter) -> Result<u16, String> {
    let at = clock::now_ms() / 1000;
    let request = Request::post(&letter.url)
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::USER_AGENT, "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .header(header::ACCEPT, "*/*")
        .header("stripe-signature", signature(&letter.secret, at, &letter.body))
        .body(Full::from(letter.body))
        .map_err(|error| error.to_string())?;
    let response = wire.request(request).await.map_err(|error| {
        let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}")).unwrap_or_default();
        format!("{error}{cause}")
    })?;
    let status = response.status().as_u16();
    // Read to the end, so that the connection can be used again.
    response.into_body().collect().await.map_err(|error| error.to_string())?;
    Ok(status)
}

/// Stripe's scheme v1: HMAC-SHA-256 of time, a dot and the raw body (docs.stripe.com/webhooks#verify-manually).
pub(super) fn signature(secret: &str, at: u64, body: &str) -> String {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    /// Computed by the official Python SDK, `WebhookSignature._compute_signature`.
    #[test]
    fn signed_as_the_official_sdk_signs() {
        let header = super::signature("whsec_test", 1_700_000_000, "{\"id\":\"evt_1\"}");
        assert!(header.starts_with("t=1700000000,v1="));
        assert_eq!(header, SIGNED);
    }

    const SIGNED: &str = "t=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
}
