//! What the dashboard shows of the books.

use super::Till;
use crate::stripe::sessions::{PaymentStatus, Status};
use crate::stripe::{charges, deliveries, money};

/// The latest sessions and events, newest first, and the endpoints.
pub(crate) struct Shown {
    pub sessions: Vec<ShownSession>,
    pub events: Vec<ShownEvent>,
    pub endpoints: Vec<(String, bool)>,
}

pub(crate) struct ShownSession {
    pub created_ms: u64,
    pub id: String,
    pub total: String,
    pub status: String,
    pub is_open: bool,
    pub is_processing: bool,
    pub charge: Option<String>,
    pub metadata: String,
}

pub(crate) struct ShownEvent {
    pub created_ms: u64,
    pub id: String,
    pub kind: String,
    pub about: String,
    pub deliveries: Vec<String>,
}

impl Till {
    pub(crate) fn shown(&self, most: usize) -> Shown {
        self.0.read(|books| {
            let sessions = books.sessions.all().rev().take(most).map(|session| {
                let intent = session.intent.as_ref().and_then(|id| books.intents.get(id));
                let charge = intent.and_then(|intent| books.charges.get(intent.latest_charge.as_ref()?));
                let payment = match session.payment_status {
                    PaymentStatus::Paid => "paid",
                    PaymentStatus::Unpaid => "unpaid",
                    PaymentStatus::NoPaymentRequired => "nothing to pay",
                };
                let status = match session.status {
                    Status::Open => "open",
                    Status::Complete => "complete",
                    Status::Expired => "expired",
                };
                let paid = charge
                    .filter(|it| it.status == charges::Status::Succeeded && !it.disputed && it.left() > 0);
                let pairs: Vec<_> =
                    session.metadata.iter().map(|(key, value)| format!("{key}={value}")).collect();
                ShownSession {
                    created_ms: session.created * 1000,
                    id: session.id.clone(),
                    total: money::written(session.total(), &session.currency),
                    status: format!("{status}, {payment}"),
                    is_open: session.status == Status::Open,
                    is_processing: intent.is_some_and(|intent| intent.settles_at_ms.is_some()),
                    charge: paid.map(|charge| charge.id.clone()),
                    metadata: pairs.join(" "),
                }
            });
            let events = books.events.all().rev().take(most).map(|event| {
                let deliveries =
                    event.deliveries.iter().filter_map(|id| books.deliveries.get(id)).map(|it| {
                        let state = match it.state {
                            deliveries::State::Waiting => "waiting",
                            deliveries::State::Delivered => "delivered",
                            deliveries::State::Failed => "given up",
                            deliveries::State::Withheld => "withheld",
                        };
                        let last = it.last.as_ref().map(|last| format!(", {last}")).unwrap_or_default();
                        format!("{state} ({} tries{last})", it.tries)
                    });
                ShownEvent {
                    created_ms: event.created * 1000,
                    id: event.id.clone(),
                    kind: event.kind.clone(),
                    about: event.about.clone(),
                    deliveries: deliveries.collect(),
                }
            });
            let endpoints = books.endpoints.all().filter(|endpoint| !endpoint.deleted);
            Shown {
                sessions: sessions.collect(),
                events: events.collect(),
                endpoints: endpoints.map(|endpoint| (endpoint.url.clone(), endpoint.active)).collect(),
            }
        })
    }
}
