//! Everything that the stand-in knows, changed by one caller at a time.

use std::path::Path;

use super::agenda::Agenda;
use super::charges::Charge;
use super::deliveries::{Delivery, Errands, Post};
use super::disputes::Dispute;
use super::endpoints::Endpoint;
use super::events::Event;
use super::intents::Intent;
use super::journal::Journal;
use super::keyed::Keyed;
use super::params::Params;
use super::refunds::Refund;
use super::refusals::Refusal;
use super::sessions::Session;
use super::shelf::Shelf;

/// How long things take that take days at Stripe, in milliseconds.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Pace {
    /// From a direct debit to its success or failure.
    pub settle_ms: u64,
    /// From a payment to the dispute that the test card brings.
    pub dispute_ms: u64,
    /// From a refund to its late success or failure.
    pub refund_ms: u64,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { settle_ms: 5_000, dispute_ms: 5_000, refund_ms: 5_000 }
    }
}

/// Who makes the change that is under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Cause {
    /// The id of a call; none for customers, pokes and the time.
    pub request: Option<String>,
    pub key: Option<String>,
}

/// What a call asks for.
pub(super) struct Asked {
    /// Of the object in the path, if there is one.
    pub id: String,
    pub params: Params,
}

impl Asked {
    /// Refuses parameters that nobody took.
    pub fn end(&mut self) -> Result<(), Refusal> {
        std::mem::take(&mut self.params).end()
    }
}

#[derive(Default)]
pub(super) struct Books {
    /// Where the hosted page is.
    pub base: String,
    /// When the change that is under way is made, in milliseconds since 1970.
    pub now_ms: u64,
    pub cause: Cause,
    pub sessions: Shelf<Session>,
    pub intents: Shelf<Intent>,
    pub charges: Shelf<Charge>,
    pub refunds: Shelf<Refund>,
    pub disputes: Shelf<Dispute>,
    pub endpoints: Shelf<Endpoint>,
    pub events: Shelf<Event>,
    pub deliveries: Shelf<Delivery>,
    pub keyed: Shelf<Keyed>,
    pub pace: Pace,
    pub post: Post,
    pub agenda: Agenda,
    pub errands: Errands,
}

/// Calls a method on every shelf.
macro_rules! shelves {
    ($books:expr, $shelf:ident => $what:expr) => {{
        let books = $books;
        {
            let $shelf = &mut books.sessions;
            $what;
        }
        {
            let $shelf = &mut books.intents;
            $what;
        }
        {
            let $shelf = &mut books.charges;
            $what;
        }
        {
            let $shelf = &mut books.refunds;
            $what;
        }
        {
            let $shelf = &mut books.disputes;
            $what;
        }
        {
            let $shelf = &mut books.endpoints;
            $what;
        }
        {
            let $shelf = &mut books.events;
            $what;
        }
        {
            let $shelf = &mut books.deliveries;
            $what;
        }
        {
            let $shelf = &mut books.keyed;
            $what;
        }
    }};
}

impl Books {
    /// Reads what an earlier run left, and begins a journal that says the same in fewer lines.
    pub fn open(folder: &Path, base: String) -> anyhow::Result<(Books, Journal)> {
        let mut books = Books { base, ..Books::default() };
        for (kind, json) in Journal::read(folder)? {
            books.load(&kind, &json)?;
        }
        let given: Vec<String> = books
            .endpoints
            .all()
            .filter(|endpoint| endpoint.given)
            .map(|endpoint| endpoint.id.clone())
            .collect();
        for id in given {
            if let Some(endpoint) = books.endpoints.change(&id) {
                endpoint.active = false;
            }
        }
        let of_the_api: Vec<String> = books.endpoints.all().map(|endpoint| endpoint.id.clone()).collect();
        for id in of_the_api {
            books.queue_waiting(&id);
        }
        books.remember_appointments();
        let lines = books.changes()?;
        let journal = Journal::begin(folder, &lines)?;
        Ok((books, journal))
    }

    fn load(&mut self, kind: &str, json: &str) -> anyhow::Result<()> {
        shelves!(self, shelf => if kind == kind_of(shelf) { shelf.load(json)?; });
        Ok(())
    }

    /// A line for each thing that changed since the last time.
    pub fn changes(&mut self) -> anyhow::Result<String> {
        let mut lines = String::new();
        shelves!(self, shelf => shelf.write_changed(&mut lines)?);
        Ok(lines)
    }

    /// Seconds since 1970.
    pub fn now(&self) -> u64 {
        self.now_ms / 1000
    }
}

fn kind_of<T: super::shelf::Kept>(_: &Shelf<T>) -> &'static str {
    T::KIND
}
