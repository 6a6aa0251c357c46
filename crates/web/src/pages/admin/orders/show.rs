//! GET /admin/orders/{id}

use std::{borrow::Cow, fmt::Display};

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use serde_json::Value;
use shop::{
    accounts::{Duty, Role},
    ids::OrderId,
    office::orders::{self, Dossier, Entry, Session, Told},
    orders::{Event, NOTE_MAX, SumRow},
};

use super::{
    PATH, end_text, hold_text, ledger_text, money, payment_text, session_text, status_class, status_text,
};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    forms::FieldError,
    pages::{
        admin::{Office, accounts, mails, words},
        orders::{Thing, show as customers},
    },
    views,
    views::Page,
};

/// templates/admin/orders/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    office: Office,
    order: Facts,
    things: Vec<Thing>,
    sums: Vec<SumRow>,
    address: Vec<String>,
    sessions: Vec<SessionRow>,
    ledger: Vec<EntryRow>,
    told: Vec<ToldRow>,
    timeline: Vec<EventRow>,
    mails: Vec<mails::Row>,
    /// Whether whoever looks may let it go on.
    settles: bool,
    form: Form,
}

#[derive(Debug, Clone, Serialize)]
struct Facts {
    href: String,
    number: i64,
    email: String,
    account_href: Option<String>,
    class: &'static str,
    status: &'static str,
    payment: &'static str,
    end_reason: Option<&'static str>,
    hold: Option<&'static str>,
    shipping: Option<&'static str>,
    days: Option<(i16, i16)>,
    placed_at: String,
    paid_at: Option<String>,
    ended_at: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct SessionRow {
    provider: String,
    provider_ref: Option<String>,
    payment_ref: Option<String>,
    state: &'static str,
    problem: Option<String>,
    created_at: String,
    read_at: Option<String>,
    expires_at: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct EntryRow {
    kind: &'static str,
    amount: String,
    balance: String,
    provider_ref: String,
    at: String,
}

#[derive(Debug, Clone, Serialize)]
struct ToldRow {
    kind: String,
    provider_ref: String,
    was_fetched: bool,
    received_at: String,
    handled_at: Option<String>,
    outcome: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct EventRow {
    at: String,
    kind: String,
    details: String,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Form {
    note: String,
    note_max: usize,
    errors: Vec<FieldError>,
}

impl From<Session> for SessionRow {
    fn from(session: Session) -> Self {
        Self {
            provider: session.provider,
            provider_ref: session.provider_ref,
            payment_ref: session.payment_ref,
            state: session_text(session.state),
            problem: session.problem,
            created_at: views::moment(session.created_at),
            read_at: session.read_at.map(views::moment),
            expires_at: session.expires_at.map(views::moment),
        }
    }
}

impl From<Entry> for EntryRow {
    fn from(entry: Entry) -> Self {
        Self {
            kind: ledger_text(entry.kind),
            amount: money(entry.amount, &entry.currency),
            balance: money(entry.balance, &entry.currency),
            provider_ref: entry.provider_ref,
            at: views::moment(entry.occurred_at),
        }
    }
}

impl From<Told> for ToldRow {
    fn from(told: Told) -> Self {
        Self {
            kind: told.kind,
            provider_ref: told.provider_ref,
            was_fetched: told.was_fetched,
            received_at: views::moment(told.received_at),
            handled_at: told.handled_at.map(views::moment),
            outcome: told.outcome,
        }
    }
}

impl From<Event> for EventRow {
    fn from(event: Event) -> Self {
        // Amounts are written down in the smallest unit, with their currency beside them.
        let currency = event.details.get("currency").and_then(Value::as_str);
        let text = |name: &str, value: &Value| {
            if let (Some(amount), Some(currency), "amount" | "total") = (value.as_i64(), currency, name) {
                return money(amount, currency);
            }
            value.as_str().map_or_else(|| value.to_string(), str::to_owned)
        };
        let details = event.details.as_object().into_iter().flatten();
        let details: Vec<_> = details
            .filter(|(name, _)| *name != "currency")
            .map(|(name, value)| format!("{}: {}", words(name), text(name, value)))
            .collect();
        Self { at: views::moment(event.at), kind: words(event.kind.into()), details: details.join(", ") }
    }
}

impl Page for Show {
    const TEMPLATE: &'static str = "admin/orders/show.html";

    fn title(&self) -> Cow<'_, str> {
        format!("Order No. {}", self.order.number).into()
    }

    fn samples() -> Vec<Self> {
        let order = customers::sample_order();
        let time = || "2026-11-24T05:30:12Z".to_owned();
        let sample = |full: bool| Self {
            office: Office::new(if full { Role::Owner } else { Role::Production }),
            order: Facts {
                href: "/admin/orders/0".to_owned(),
                number: 10_001,
                email: "<mira>@example.org".to_owned(),
                account_href: full.then(|| "/admin/accounts/0".to_owned()),
                class: "is-ready",
                status: "Confirmed",
                payment: "Paid",
                end_reason: full.then_some("it was not paid in time"),
                hold: full.then_some("It was paid more than once."),
                shipping: full.then_some("Standard"),
                days: full.then_some((4, 8)),
                placed_at: time(),
                paid_at: full.then(time),
                ended_at: full.then(time),
            },
            things: customers::sample_things(&order),
            sums: order.sum_rows(),
            address: if full { order.address_lines() } else { vec![] },
            sessions: full
                .then(|| SessionRow {
                    provider: "stripe".to_owned(),
                    provider_ref: Some("<b>fox".to_owned()),
                    payment_ref: Some("<b>fox".to_owned()),
                    state: "Open",
                    problem: Some("We <cannot>.".to_owned()),
                    created_at: time(),
                    read_at: Some(time()),
                    expires_at: Some(time()),
                })
                .into_iter()
                .collect(),
            ledger: full
                .then(|| EntryRow {
                    kind: "Charge",
                    amount: "€31.90".to_owned(),
                    balance: "€31.90".to_owned(),
                    provider_ref: "<b>fox".to_owned(),
                    at: time(),
                })
                .into_iter()
                .collect(),
            told: [true, false]
                .map(|handled| ToldRow {
                    kind: "<b>fox".to_owned(),
                    provider_ref: "<b>fox".to_owned(),
                    was_fetched: handled,
                    received_at: time(),
                    handled_at: handled.then(time),
                    outcome: handled.then(|| "<b>fox".to_owned()),
                })
                .into_iter()
                .filter(|_| full)
                .collect(),
            timeline: vec![EventRow { at: time(), kind: "Placed".to_owned(), details: "<b>fox".to_owned() }],
            mails: if full { mails::Row::samples() } else { vec![] },
            settles: full,
            form: Form {
                note: "</textarea><b>fox".to_owned(),
                note_max: NOTE_MAX,
                errors: if full {
                    ["note", ""].map(|field| FieldError::new(field, "Please look <again>.")).to_vec()
                } else {
                    vec![]
                },
            },
        };
        vec![sample(true), sample(false)]
    }
}

/// Its address in the office.
pub fn path(id: impl Display) -> String {
    format!("{PATH}/{id}")
}

/// One order, with everything about it.
#[handler]
pub async fn show(visit: Staff, Id(id): Id<OrderId>) -> Result<Response, Problem> {
    page(&visit, id, StatusCode::OK, "", vec![]).await
}

/// The page, also for a form that is wrong.
pub(super) async fn page(
    visit: &Staff,
    id: OrderId,
    status: StatusCode,
    note: &str,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let Dossier { order, sessions, ledger, told, timeline, mails } =
        orders::find(&visit.site.db, id).await?.ok_or(Problem::NotFound)?;
    let account = order.account_id.filter(|_| visit.role.may(Duty::SeeAccounts));
    let page = Show {
        office: Office::new(visit.role),
        things: Thing::all(visit, &order),
        sums: order.sum_rows(),
        address: order.address_lines(),
        sessions: sessions.into_iter().map(SessionRow::from).collect(),
        ledger: ledger.into_iter().map(EntryRow::from).collect(),
        told: told.into_iter().map(ToldRow::from).collect(),
        timeline: timeline.into_iter().map(EventRow::from).collect(),
        // Their addresses lead to accounts.
        mails: if visit.role.may(Duty::SeeMails) {
            mails.into_iter().map(mails::Row::new).collect()
        } else {
            vec![]
        },
        settles: order.hold.is_some() && visit.role.may(Duty::SettleHolds),
        form: Form { note: note.to_owned(), note_max: NOTE_MAX, errors },
        order: Facts {
            href: path(id),
            number: order.number,
            account_href: account.map(accounts::show::path),
            class: status_class(order.status),
            status: status_text(order.status),
            payment: payment_text(order.payment_status),
            end_reason: order.end_reason.map(end_text),
            hold: order.hold.map(hold_text),
            shipping: order.shipping_title(),
            days: order.days,
            placed_at: views::moment(order.placed_at),
            paid_at: order.paid_at.map(views::moment),
            ended_at: order.ended_at.map(views::moment),
            email: order.email,
        },
    };
    visit.page_with(status, &page)
}
