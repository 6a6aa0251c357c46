//! Answers that a poke ordered for the next calls.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answers::{Payload, Reply};
use super::refusals::Refusal;

/// The orders, first in first out.
#[derive(Default)]
pub(crate) struct Forced(Mutex<VecDeque<Next>>);

/// "The next call is answered so."
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Next {
    pub status: u16,
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// Exactly this JSON; without it, OpenAI's usual one for the status.
    #[serde(default)]
    pub body: Option<Value>,
    /// Exactly this text instead, which need not be JSON: what a proxy in front of the API says. HTML, unless `headers` say
    /// something else.
    #[serde(default)]
    pub text: Option<String>,
    /// On top of OpenAI's own, or instead of those with the same name.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How long it takes.
    #[serde(default)]
    pub delay_ms: u64,
    /// The connection breaks in the middle of the body.
    #[serde(default)]
    pub cut: bool,
    /// How many pictures are charged, whatever is answered.
    #[serde(default)]
    pub pictures: u64,
    #[serde(default = "once")]
    pub times: u32,
    /// Part of the path that it is meant for; without it, any call for pictures.
    #[serde(default)]
    pub path: Option<String>,
}

fn once() -> u32 {
    1
}

impl Forced {
    pub fn order(&self, next: Next) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(next);
    }

    pub fn take(&self, path: &str) -> Option<Next> {
        let mut orders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meant =
            |order: &Next| path.contains(order.path.as_deref().unwrap_or("/images/")) && order.times > 0;
        let at = orders.iter().position(meant)?;
        orders[at].times -= 1;
        let order = orders[at].clone();
        if order.times == 0 {
            orders.remove(at);
        }
        Some(order)
    }

    /// What is still to come.
    pub fn waiting(&self) -> Vec<Next> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Next {
    /// Whether all of it can go over the wire.
    pub fn is_valid(&self) -> bool {
        let is_header = |(name, value): (&String, &String)| {
            name.parse::<http::HeaderName>().is_ok() && value.parse::<http::HeaderValue>().is_ok()
        };
        http::StatusCode::from_u16(self.status).is_ok()
            && self.status >= 200
            && self.headers.iter().all(is_header)
    }

    pub(super) async fn reply(self, id: &str) -> Reply {
        tokio::time::sleep(Duration::from_millis(self.delay_ms)).await;
        let payload = match self.text {
            Some(text) => Payload::Text(text),
            None => Payload::Json(self.body.unwrap_or_else(|| usual(self.status, self.retry_after, id))),
        };
        let payload = if self.cut { Payload::Cut(Box::new(payload)) } else { payload };
        let mut reply = Reply::new(self.status, payload);
        reply.pictures = self.pictures;
        if let Some(seconds) = self.retry_after {
            reply = reply.retry_after(seconds);
        }
        self.headers.into_iter().fold(reply, |reply, (name, value)| reply.header(name, value))
    }
}

fn usual(status: u16, retry_after: Option<u64>, id: &str) -> Value {
    match status {
        401 => Refusal::invalid_key("sk-sandbox").body(),
        403 => Refusal::unverified().body(),
        404 => Refusal::model_not_found("gpt-image").body(),
        429 => Refusal::rate_limit("gpt-image", retry_after.unwrap_or(20)).body(),
        503 => Refusal::overloaded().body(),
        500.. => Refusal::server_error(id).body(),
        400.. => Refusal::invalid_request("The sandbox was told to refuse this call.").body(),
        _ => json!({}),
    }
}
