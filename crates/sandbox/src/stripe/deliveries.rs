//! Deliveries: one event for one endpoint, tried until it is taken or given up.
//!
//! Stripe tries for three days in live mode and three times within hours in test mode; here the waits are 1, 2, 4, 8 and
//! 16 seconds, or as the knob says.

use std::collections::BTreeMap;

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::books::Books;
use super::events::Event;
use super::shelf::Kept;

/// So many times an event is tried.
const TRIES: u32 = 6;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Waiting,
    Delivered,
    /// Given up.
    Failed,
    /// Held back by a knob: not sent, and counted as not delivered.
    Withheld,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Delivery {
    pub id: String,
    pub event: String,
    pub endpoint: String,
    pub state: State,
    pub tries: u32,
    /// When it is tried next, in milliseconds since 1970.
    pub next_ms: u64,
    /// What came of the last try, for a person.
    pub last: Option<String>,
}

impl Kept for Delivery {
    const KIND: &'static str = "delivery";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Delivery {
    fn new(event: &str, endpoint: &str, state: State, now_ms: u64) -> Delivery {
        Delivery {
            id: format!("{event}:{endpoint}"),
            event: event.to_owned(),
            endpoint: endpoint.to_owned(),
            state,
            tries: 0,
            next_ms: now_ms,
            last: None,
        }
    }
}

/// How events are delivered; changed by a poke.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Post {
    /// Each event is sent at least so many times.
    pub copies_min: u32,
    /// And at most so many times.
    pub copies_max: u32,
    /// Each copy leaves within so many milliseconds, at random: events come out of order.
    pub delay_ms: u64,
    /// Of so many in a hundred events all copies leave at the same moment.
    pub together: u32,
    /// So many in a hundred events are not delivered until they are released or sent again.
    pub withheld: u32,
    /// The wait before the second try, in milliseconds; it doubles with each.
    pub retry_ms: u64,
    /// So many deliveries are under way at once, at most.
    pub at_once: usize,
}

impl Default for Post {
    fn default() -> Post {
        Post {
            copies_min: 1,
            copies_max: 1,
            delay_ms: 0,
            together: 0,
            withheld: 0,
            retry_ms: 1_000,
            at_once: 16,
        }
    }
}

impl Post {
    pub(crate) fn is_valid(&self) -> bool {
        (1..=100).contains(&self.copies_min)
            && (self.copies_min..=100).contains(&self.copies_max)
            && self.together <= 100
            && self.withheld <= 100
            && self.retry_ms > 0
            && (1..=256).contains(&self.at_once)
    }
}

/// Something to be sent.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    pub delivery: String,
    /// One more copy, which nobody retries.
    pub is_copy: bool,
}

/// Errands by the time they are due, in milliseconds since 1970, and in the order in which they came.
#[derive(Default)]
pub(super) struct Errands {
    queue: BTreeMap<(u64, u64), Errand>,
    serial: u64,
}

impl Errands {
    pub fn add(&mut self, due_ms: u64, errand: Errand) {
        self.serial += 1;
        self.queue.insert((due_ms, self.serial), errand);
    }

    /// What is due, or else when something will be.
    pub fn next(&mut self, now_ms: u64) -> Result<Errand, Option<u64>> {
        match self.queue.first_entry() {
            Some(first) if first.key().0 <= now_ms => Ok(first.remove()),
            Some(first) => Err(Some(first.key().0)),
            None => Err(None),
        }
    }
}

/// What is to go over the wire.
pub(super) struct Letter {
    pub url: String,
    pub secret: String,
    pub body: String,
}

impl Books {
    /// Makes the deliveries of an event and sends them off as the knobs say. Returns their ids.
    pub(super) fn post_event(&mut self, event: &Event) -> Vec<String> {
        let wanting = self.endpoints.all().filter(|endpoint| endpoint.wants(&event.kind));
        let endpoints: Vec<String> = wanting.map(|endpoint| endpoint.id.clone()).collect();
        let withheld = rand::rng().random_range(0..100) < self.post.withheld;
        let mut ids = Vec::new();
        for endpoint in endpoints {
            let state = if withheld { State::Withheld } else { State::Waiting };
            let delivery = Delivery::new(&event.id, &endpoint, state, self.now_ms);
            ids.push(delivery.id.clone());
            self.deliveries.put(delivery);
        }
        if !withheld {
            for id in &ids {
                self.send_off(id);
            }
        }
        ids
    }

    /// Queues a delivery and its copies.
    fn send_off(&mut self, delivery: &str) {
        let Post { copies_min, copies_max, delay_ms, together, .. } = self.post;
        let mut dice = rand::rng();
        let copies = dice.random_range(copies_min..=copies_max.max(copies_min));
        let at_once = dice.random_range(0..100) < together;
        let now_ms = self.now_ms;
        let mut leaves = || now_ms + if delay_ms == 0 { 0 } else { dice.random_range(0..=delay_ms) };
        let mut due_ms = leaves();
        for copy in 0..copies {
            if copy > 0 && !at_once {
                due_ms = leaves();
            }
            if copy == 0
                && let Some(delivery) = self.deliveries.change(delivery)
            {
                delivery.next_ms = due_ms;
            }
            self.errands.add(due_ms, Errand { delivery: delivery.to_owned(), is_copy: copy > 0 });
        }
    }

    /// What an errand carries; none when it has nothing to do any more.
    pub(super) fn letter(&self, errand: &Errand) -> Option<Letter> {
        let delivery = self.deliveries.get(&errand.delivery)?;
        if delivery.state != State::Waiting && !errand.is_copy {
            return None;
        }
        let endpoint = self.endpoints.get(&delivery.endpoint).filter(|endpoint| endpoint.active)?;
        let event = self.events.get(&delivery.event)?;
        let body = event.body(self.pending(event));
        Some(Letter { url: endpoint.url.clone(), secret: endpoint.secret.clone(), body })
    }

    /// What came of an errand: a status from 200 to 299 means that it was taken.
    pub(super) fn delivered(&mut self, errand: &Errand, came: Result<u16, String>) {
        let (now_ms, retry_ms) = (self.now_ms, self.post.retry_ms);
        if errand.is_copy {
            return;
        }
        let Some(delivery) = self.deliveries.change(&errand.delivery) else { return };
        delivery.tries += 1;
        let taken = came.as_ref().is_ok_and(|status| (200..300).contains(status));
        delivery.last = Some(came.map_or_else(|error| error, |status| status.to_string()));
        if taken {
            delivery.state = State::Delivered;
        } else if delivery.state == State::Waiting {
            if delivery.tries >= TRIES {
                delivery.state = State::Failed;
                return;
            }
            delivery.next_ms = now_ms + (retry_ms << (delivery.tries - 1));
            let (due_ms, errand) = (delivery.next_ms, errand.clone());
            self.errands.add(due_ms, errand);
        }
    }

    /// Queues what waits for an endpoint that has become active.
    pub(super) fn queue_waiting(&mut self, endpoint: &str) {
        if !self.endpoints.get(endpoint).is_some_and(|endpoint| endpoint.active) {
            return;
        }
        let waiting = self.deliveries.all();
        let waiting = waiting.filter(|it| it.endpoint == endpoint && it.state == State::Waiting);
        for (due_ms, delivery) in waiting.map(|it| (it.next_ms, it.id.clone())).collect::<Vec<_>>() {
            self.errands.add(due_ms, Errand { delivery, is_copy: false });
        }
    }

    /// Sends an event once more to all that want it, whatever became of it before, and also to endpoints that are newer
    /// than it. False when there is no such event.
    pub(super) fn resend(&mut self, event: &str) -> bool {
        let Some(event) = self.events.change(event) else { return false };
        let wanting = self.endpoints.all().filter(|endpoint| endpoint.wants(&event.kind));
        for endpoint in wanting {
            let delivery = Delivery::new(&event.id, &endpoint.id, State::Waiting, self.now_ms);
            if !event.deliveries.contains(&delivery.id) {
                event.deliveries.push(delivery.id.clone());
                self.deliveries.put(delivery);
            }
        }
        for id in event.deliveries.clone() {
            if let Some(delivery) = self.deliveries.change(&id) {
                delivery.state = State::Waiting;
                delivery.tries = 0;
            }
            self.send_off(&id);
        }
        true
    }

    /// Sends off what was held back, as the knobs say by then. Returns how many deliveries that were.
    pub(super) fn release(&mut self) -> usize {
        let held = self.deliveries.all().filter(|delivery| delivery.state == State::Withheld);
        let held: Vec<String> = held.map(|delivery| delivery.id.clone()).collect();
        for id in &held {
            if let Some(delivery) = self.deliveries.change(id) {
                delivery.state = State::Waiting;
            }
            self.send_off(id);
        }
        held.len()
    }
}
