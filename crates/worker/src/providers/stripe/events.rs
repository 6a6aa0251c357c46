//! Events that Stripe could not deliver.

use chrono::{DateTime, Utc};
use miniserde::json::Value;
use serde::Deserialize;
use stripe::{Client, StripeRequest};
use stripe_core::event::ListEvent;
use stripe_types::RangeQueryTs;

use super::{
    SESSION, failures,
    lists::{PAGE, PAGES_MAX, Page},
    moment,
};
use crate::payments::{Failure, Missed};

/// The events from which anything follows for us, and which the endpoint is to be told.
const KINDS: [&str; 13] = [
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "refund.created",
    "refund.updated",
    "refund.failed",
];

/// As much of an event as is read. All else stays in its raw form.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    id: String,
    #[serde(default, rename = "object")]
    kind: String,
    #[serde(default)]
    payment_intent: Option<Reference>,
    #[serde(default)]
    metadata: Option<std::collections::HashMap<String, String>>,
}

/// An object by its id, or as it is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(String),
    Whole { id: String },
}

impl Event {
    fn missed(self, raw: String) -> Missed {
        let object = self.data.object;
        let named = object.metadata.as_ref().and_then(|metadata| metadata.get(SESSION));
        Missed {
            reference: self.id,
            kind: self.kind,
            session_id: named.and_then(|id| id.parse().ok()),
            payment_ref: match object.payment_intent {
                Some(Reference::Id(id) | Reference::Whole { id }) => Some(id),
                None if object.kind == "payment_intent" => Some(object.id.clone()),
                None => None,
            },
            object_ref: object.id,
            occurred_at: moment(self.created),
            raw: raw.into_bytes(),
        }
    }
}

/// Those since then that not every endpoint has taken.
pub(super) async fn missed(client: &Client, since: DateTime<Utc>) -> Result<Vec<Missed>, Failure> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut list = ListEvent::new()
            .created(RangeQueryTs::gte(since.timestamp()))
            .delivery_success(false)
            .types(KINDS.map(str::to_owned).to_vec())
            .limit(PAGE);
        if let Some(after) = after.take() {
            list = list.starting_after(after);
        }
        let page: Page<Value> = list.build().customize().send(client).await.map_err(failures::of)?;
        for value in page.data {
            let raw = miniserde::json::to_string(&value);
            let Ok(event) = serde_json::from_str::<Event>(&raw) else { continue };
            after = Some(event.id.clone());
            all.push(event.missed(raw));
        }
        if !page.has_more || after.is_none() {
            return Ok(all);
        }
    }
    Err(Failure::Transient("a list of events without an end".to_owned()))
}
