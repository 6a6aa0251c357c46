//! Idempotency keys: the first answer is the answer, for as long as the sandbox's data is there (Stripe forgets after a day).
//!
//! As Stripe documents it, an answer is kept once the endpoint has begun its work, errors too; what failed validation, or
//! met another call with the same key, may be tried again.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::refusals::Refusal;
use super::shelf::Kept;

/// A kept answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Keyed {
    pub key: String,
    pub path: String,
    /// SHA-256 of the parameters.
    pub params: String,
    pub status: u16,
    pub body: Value,
    /// The call that was first.
    pub request: String,
}

impl Kept for Keyed {
    const KIND: &'static str = "key";

    fn id(&self) -> &str {
        &self.key
    }
}

impl Keyed {
    /// Whether a call may have this answer.
    pub fn fits(&self, path: &str, params: &str) -> Result<(), Refusal> {
        if self.path != path {
            return Err(Refusal::other_endpoint(&self.key, path, &self.path));
        }
        if self.params != params {
            return Err(Refusal::other_parameters(&self.key));
        }
        Ok(())
    }
}

/// Keys of calls that are under way.
#[derive(Clone, Default)]
pub(super) struct InFlight(Arc<Mutex<HashSet<String>>>);

/// One of them; it is free again when this is dropped.
pub(super) struct Flight {
    key: String,
    all: InFlight,
}

impl InFlight {
    pub fn begin(&self, key: &str) -> Result<Flight, Refusal> {
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned()) {
            return Ok(Flight { key: key.to_owned(), all: self.clone() });
        }
        Err(Refusal::key_in_use(key))
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.all.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
    }
}
