//! Every call that reached the API, counted by method and path.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::clock;

/// So many calls are kept for the dashboard; the counts go on.
const REMEMBERED: usize = 100;

#[derive(Default)]
pub(crate) struct Calls(Mutex<CallCounts>);

/// Calls since the start or the last reset.
#[derive(Clone, Default, Serialize)]
pub(crate) struct CallCounts {
    /// By method and path, with `:id` for ids: `POST /v1/checkout/sessions`.
    pub by_path: BTreeMap<String, u64>,
    /// By status; 0 is for those that were hung up on.
    pub by_status: BTreeMap<u16, u64>,
    /// Answered out of what was kept under their idempotency key.
    pub replayed: u64,
    /// The latest, newest first.
    pub latest: VecDeque<Call>,
}

/// One call, with its method and path.
#[derive(Clone, Serialize)]
pub(crate) struct Call {
    pub at_ms: u64,
    pub id: String,
    pub path: String,
    pub status: u16,
    pub key: Option<String>,
}

impl Calls {
    pub fn add(&self, id: &str, call: String, status: u16, key: Option<&str>, replayed: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.by_path.entry(nameless(&call)).or_default() += 1;
        *counts.by_status.entry(status).or_default() += 1;
        counts.replayed += u64::from(replayed);
        counts.latest.truncate(REMEMBERED - 1);
        let key = key.map(str::to_owned);
        counts.latest.push_front(Call { at_ms: clock::now_ms(), id: id.to_owned(), path: call, status, key });
    }

    pub fn read(&self) -> CallCounts {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = CallCounts::default();
    }
}

/// A path with `:id` in the place of ids, which have digits in them or are long.
fn nameless(call: &str) -> String {
    let is_id = |step: &str| step.contains('_') && (step.len() > 20);
    let steps = call.split('/').map(|step| if is_id(step) { ":id" } else { step });
    steps.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::nameless;

    #[test]
    fn ids_are_no_paths_of_their_own() {
        assert_eq!(
            nameless("POST /v1/checkout/sessions/cs_test_a1BCDEFGHIJKLMNOP/expire"),
            "POST /v1/checkout/sessions/:id/expire"
        );
        assert_eq!(nameless("GET /v1/webhook_endpoints"), "GET /v1/webhook_endpoints");
    }
}
