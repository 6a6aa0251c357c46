//! Answers that a poke ordered for the next calls.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

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
    pub(super) fn reply(self, id: &str) -> Reply {
        let body = self.body.unwrap_or_else(|| usual(self.status, self.retry_after, id));
        let reply = Reply::new(self.status, Payload::Json(body));
        match self.retry_after {
            Some(seconds) => reply.retry_after(seconds),
            None => reply,
        }
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
