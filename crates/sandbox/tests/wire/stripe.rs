//! Calls of Stripe's API by hand, and an endpoint that takes webhooks.

use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Endpoint, Request, Response, Server};
use reqwest::header::HeaderMap;
use serde_json::Value;

use crate::started::Started;

pub const CARD: &str = "4242424242424242";
pub const SECRET: &str = "whsec_of_the_tests";

/// An answer with its headers.
pub struct Answered {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answered {
    pub fn id(&self) -> String {
        self.body["id"].as_str().expect("an id").to_owned()
    }
}

impl Started {
    /// A call with a form, and with an idempotency key if there is one; an error when nobody answers.
    pub async fn try_stripe(
        &self,
        path: &str,
        form: &[(&str, &str)],
        key: &str,
    ) -> reqwest::Result<Answered> {
        let mut request = self.client.post(self.stripe_url(path)).bearer_auth("sk_test_wire").form(form);
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        answered(request.send().await?).await
    }

    pub async fn stripe(&self, path: &str, form: &[(&str, &str)]) -> Answered {
        self.try_stripe(path, form, "").await.expect("an answer")
    }

    pub async fn stripe_get(&self, path: &str) -> Value {
        let request = self.client.get(self.stripe_url(path)).bearer_auth("sk_test_wire");
        let answer = answered(request.send().await.expect("an answer")).await.expect("JSON");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.body
    }

    /// A session over 12.34 in a currency. Returns its id.
    pub async fn session_in(&self, currency: &str) -> String {
        let answer = self.stripe("checkout/sessions", &session(currency)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.id()
    }

    pub async fn session(&self) -> String {
        self.session_in("eur").await
    }

    /// The types of all events, oldest first.
    pub async fn kinds(&self, query: &str) -> Vec<String> {
        let events = self.stripe_get(&format!("events?limit=100&{query}")).await;
        let events = events["data"].as_array().expect("a list").iter().rev();
        events.map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
    }

    fn stripe_url(&self, path: &str) -> String {
        format!("{}v1/{path}", self.sandbox.stripe_base_url())
    }
}

async fn answered(answer: reqwest::Response) -> reqwest::Result<Answered> {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await?;
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Ok(Answered { status, headers, body })
}

pub fn session(currency: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("mode", "payment"),
        ("line_items[0][price_data][currency]", currency),
        ("line_items[0][price_data][unit_amount]", "1234"),
        ("line_items[0][price_data][product_data][name]", "A print"),
        ("line_items[0][quantity]", "1"),
        ("payment_intent_data[metadata][order]", "7"),
        ("customer_email", "ada@example.org"),
        ("success_url", "http://127.0.0.1:1/done?session={CHECKOUT_SESSION_ID}"),
        ("cancel_url", "http://127.0.0.1:1/cart"),
    ]
}

/// Waits until something holds.
pub async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Something that takes webhooks.
#[derive(Clone)]
pub struct Hooks(Arc<Inner>);

struct Inner {
    url: String,
    letters: Mutex<Vec<(String, String)>>,
    answer: AtomicU16,
    slowness_ms: AtomicUsize,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Hooks {
    pub async fn open() -> Hooks {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.expect("a port");
        let address = acceptor.local_addr()[0].as_socket_addr().copied().expect("an address");
        let hooks = Hooks(Arc::new(Inner {
            url: format!("http://{address}/hooks/stripe"),
            letters: Mutex::default(),
            answer: AtomicU16::new(200),
            slowness_ms: AtomicUsize::new(0),
            now: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
        }));
        let endpoint = hooks.clone();
        tokio::spawn(Server::new_with_acceptor(acceptor).run(endpoint));
        hooks
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    pub fn answer_with(&self, status: u16) {
        self.0.answer.store(status, Ordering::SeqCst);
    }

    pub fn take_ms(&self, ms: usize) {
        self.0.slowness_ms.store(ms, Ordering::SeqCst);
    }

    /// The ids of the events that came, in that order, with their types.
    pub fn came(&self) -> Vec<(String, String)> {
        let letters = self.0.letters.lock().expect("not poisoned");
        let read = |(body, _): &(String, String)| {
            let event: Value = serde_json::from_str(body).expect("JSON");
            let text = |name: &str| event[name].as_str().expect("text").to_owned();
            (text("id"), text("type"))
        };
        letters.iter().map(read).collect()
    }

    pub fn count(&self) -> usize {
        self.0.letters.lock().expect("not poisoned").len()
    }

    pub fn signatures(&self) -> Vec<String> {
        self.0.letters.lock().expect("not poisoned").iter().map(|(_, signature)| signature.clone()).collect()
    }

    /// The most that were being taken at one moment.
    pub fn most_at_once(&self) -> usize {
        self.0.most.load(Ordering::SeqCst)
    }
}

impl Endpoint for Hooks {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let inner = &self.0;
        let now = inner.now.fetch_add(1, Ordering::SeqCst) + 1;
        inner.most.fetch_max(now, Ordering::SeqCst);
        let signature = request.header("stripe-signature").unwrap_or_default().to_owned();
        let body = request.take_body().into_string().await?;
        let slowness = u64::try_from(inner.slowness_ms.load(Ordering::SeqCst)).expect("fits");
        tokio::time::sleep(Duration::from_millis(slowness)).await;
        inner.letters.lock().expect("not poisoned").push((body, signature));
        inner.now.fetch_sub(1, Ordering::SeqCst);
        let status = StatusCode::from_u16(inner.answer.load(Ordering::SeqCst)).expect("a status");
        Ok(status.into())
    }
}
