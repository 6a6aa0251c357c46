//! Mails that are not taken, because a test or a person said so.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

/// How the next recipients are refused.
#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusal {
    /// 421 and 451 may be tried again, 550 may not (RFC 5321 §4.2.1).
    pub code: u16,
    /// How many of them; zero calls it off.
    pub mails: u32,
}

/// What is still to be refused.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<Option<Refusal>>);

impl Refusals {
    /// What may be asked for, and what is said with it.
    pub const WORDS: [(u16, &str); 3] = [
        (421, "4.3.2 The sandbox was told to be busy"),
        (451, "4.7.1 The sandbox was told to take it later"),
        (550, "5.1.1 The sandbox was told to know nobody of this name"),
    ];

    /// Orders it, in place of what was ordered before. False if nothing is said with such a code.
    pub fn order(&self, refusal: Refusal) -> bool {
        let known = Self::WORDS.iter().any(|(code, _)| *code == refusal.code);
        if known {
            *self.lock() = Some(refusal);
        }
        known
    }

    /// Takes everything again.
    pub fn call_off(&self) {
        *self.lock() = None;
    }

    /// How many are still to be refused, and how.
    pub fn left(&self) -> Option<Refusal> {
        self.lock().filter(|refusal| refusal.mails > 0)
    }

    /// The answer to one more recipient, if it is refused.
    pub(super) fn next(&self) -> Option<(u16, &'static str)> {
        let mut ordered = self.lock();
        let refusal = ordered.as_mut().filter(|refusal| refusal.mails > 0)?;
        refusal.mails -= 1;
        Self::WORDS.into_iter().find(|(code, _)| *code == refusal.code)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
