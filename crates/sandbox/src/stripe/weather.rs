//! Bad weather between the shop and the API, by order: being down, being slow, wrong answers, lost answers.
//!
//! It falls on the API alone. Stripe's page stays up and its webhooks go on.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

#[derive(Default)]
pub(crate) struct Weather(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    down_until: Option<Instant>,
    slow: Duration,
    orders: VecDeque<Order>,
}

/// How a call is answered instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// 409 with code `lock_timeout`; nothing was done.
    LockTimeout,
    /// 429; nothing was done.
    RateLimit,
    /// 500; nothing was done.
    ServerError,
    /// A proxy's 502 in HTML; nothing was done.
    Html,
    /// The connection closes; nothing was done.
    HangUp,
    /// The work is done, and the connection closes before the answer: what idempotency keys are for.
    Lost,
}

/// "The next calls are answered so."
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// How.
    pub answer: Answer,
    /// How many calls.
    #[serde(default = "once")]
    pub times: u32,
    /// Part of method and path that it is meant for, as in `POST /v1/checkout`; without it, any call.
    #[serde(default)]
    pub path: Option<String>,
}

fn once() -> u32 {
    1
}

impl Weather {
    /// Hangs up on every call for so long; zero ends it.
    pub fn go_down(&self, time: Duration) {
        self.lock().down_until = (!time.is_zero()).then(|| Instant::now() + time);
    }

    /// How much longer.
    pub fn down_left(&self) -> Option<Duration> {
        let until = self.lock().down_until;
        until.and_then(|until| until.checked_duration_since(Instant::now())).filter(|left| !left.is_zero())
    }

    /// Every call takes so much longer.
    pub fn slow_down(&self, time: Duration) {
        self.lock().slow = time;
    }

    pub fn slowness(&self) -> Duration {
        self.lock().slow
    }

    pub fn order(&self, order: Order) {
        self.lock().orders.push_back(order);
    }

    /// The answer that was ordered for a call, if there is one.
    pub fn take(&self, call: &str) -> Option<Answer> {
        let orders = &mut self.lock().orders;
        let meant = |order: &Order| {
            order.times > 0 && order.path.as_ref().is_none_or(|path| call.contains(path.as_str()))
        };
        let at = orders.iter().position(meant)?;
        orders[at].times -= 1;
        let answer = orders[at].answer;
        orders.retain(|order| order.times > 0);
        Some(answer)
    }

    /// What is still to come.
    pub fn waiting(&self) -> Vec<Order> {
        self.lock().orders.iter().cloned().collect()
    }

    pub fn forget(&self) {
        *self.lock() = Inner::default();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
