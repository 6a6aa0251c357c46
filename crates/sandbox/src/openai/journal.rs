//! Every call that reached the API: what a test asserts "exactly one" on.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::answers::Reply;
use super::sha256_hex;
use crate::clock;

/// So many calls are kept; the counts go on.
const REMEMBERED: usize = 10_000;

/// The calls and their counts.
#[derive(Default)]
pub(crate) struct Journal(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    serial: u64,
    generations: u64,
    edits: u64,
    moderations: u64,
    models: u64,
    in_flight: u64,
    pictures: u64,
    microdollars: u64,
    latest: VecDeque<Call>,
}

/// One call. `status` and `ended_ms` are null while it is in flight.
#[derive(Clone, Serialize)]
pub(crate) struct Call {
    pub id: String,
    pub path: &'static str,
    pub prompt_sha256: Option<String>,
    pub status: Option<u16>,
    pub started_ms: u64,
    pub ended_ms: Option<u64>,
    /// How many pictures it was charged for.
    pub pictures: u64,
    /// What it was charged, in millionths of a dollar.
    pub microdollars: u64,
    /// Whether the client had hung up before the answer was there.
    pub client_gone: bool,
}

/// What the poke answers.
#[derive(Serialize)]
pub(crate) struct Summary {
    pub generations: u64,
    pub edits: u64,
    pub moderations: u64,
    pub models: u64,
    pub in_flight: u64,
    /// Pictures that were charged for, delivered or not.
    pub pictures: u64,
    /// What all of them were charged, in millionths of a dollar: the invoice.
    pub microdollars: u64,
    /// In the order in which they came.
    pub calls: Vec<Call>,
}

impl Journal {
    /// Counts a call and gives it the id that its answer carries as `x-request-id`.
    pub fn begin(&self, path: &'static str, prompt: Option<&str>) -> String {
        let mut inner = self.lock();
        inner.serial += 1;
        inner.in_flight += 1;
        match path {
            "/v1/images/generations" => inner.generations += 1,
            "/v1/images/edits" => inner.edits += 1,
            "/v1/moderations" => inner.moderations += 1,
            _ => inner.models += 1,
        }
        let started_ms = clock::now_ms();
        let mut id = sha256_hex(&format!("{started_ms} {}", inner.serial));
        id.truncate(32);
        let id = format!("req_{id}");
        if inner.latest.len() == REMEMBERED {
            inner.latest.pop_front();
        }
        inner.latest.push_back(Call {
            id: id.clone(),
            path,
            prompt_sha256: prompt.map(sha256_hex),
            status: None,
            started_ms,
            ended_ms: None,
            pictures: 0,
            microdollars: 0,
            client_gone: false,
        });
        id
    }

    pub(super) fn end(&self, id: &str, reply: &Reply, client_gone: bool) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        // A call of before a reset is not known any more, and is counted nowhere.
        if let Some(call) = inner.latest.iter_mut().rev().find(|call| call.id == id) {
            call.status = Some(reply.status);
            call.ended_ms = Some(clock::now_ms());
            call.pictures = reply.pictures;
            call.client_gone = client_gone;
            inner.in_flight = inner.in_flight.saturating_sub(1);
            call.microdollars = reply.microdollars;
            inner.pictures += reply.pictures;
            inner.microdollars += reply.microdollars;
        }
    }

    /// Calls and pictures of the last minute, for the rate-limit headers.
    pub(super) fn last_minute(&self) -> (u64, u64) {
        let since = clock::now_ms().saturating_sub(60_000);
        let inner = self.lock();
        let recent = inner.latest.iter().rev().take_while(|call| call.started_ms >= since);
        recent.fold((0, 0), |(calls, pictures), call| (calls + 1, pictures + call.pictures))
    }

    pub fn read(&self) -> Summary {
        let inner = self.lock();
        Summary {
            generations: inner.generations,
            edits: inner.edits,
            moderations: inner.moderations,
            models: inner.models,
            in_flight: inner.in_flight,
            pictures: inner.pictures,
            microdollars: inner.microdollars,
            calls: inner.latest.iter().cloned().collect(),
        }
    }

    pub fn forget(&self) {
        let mut inner = self.lock();
        // The serial goes on, so that no id comes twice.
        *inner = Inner { serial: inner.serial, ..Inner::default() };
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
