//! Orders as staff see them: everything, also what customers need not know of.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::mails::Logged;
use crate::{
    ids::{AccountId, LedgerEntryId, MailId, OrderId, PaymentEventId, PaymentSessionId},
    mails::{MailKind, MailState},
    money::{Currency, Money},
    orders::{self, EndReason, Event, Hold, Order, OrderStatus, PaymentStatus},
    payments::{self, LedgerKind, SessionState},
};

/// Which orders.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// That stand so.
    pub status: Option<OrderStatus>,
    /// Those that are held alone.
    pub held: bool,
    /// A part of the address, or the number.
    pub words: &'a str,
    /// Older than this one.
    pub before: Option<OrderId>,
}

/// An order among others.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which one.
    pub id: OrderId,
    /// What people call it by.
    pub number: i64,
    /// Where its letters go.
    pub email: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it ended unpaid.
    pub end_reason: Option<EndReason>,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// Why it is held.
    pub hold: Option<Hold>,
    /// What it costs.
    pub total: Money,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
}

/// How many there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "they are named after the states")]
pub struct Counts {
    pub held: i64,
    pub pending_payment: i64,
    pub confirmed: i64,
    pub cancelled: i64,
    pub expired: i64,
}

/// Orders, newest first, `limit` of them.
pub async fn search(db: &PgPool, wanted: Wanted<'_>, limit: i64) -> sqlx::Result<Vec<Listed>> {
    let number = wanted.words.trim_start_matches(['#', ' ']).parse::<i64>().ok();
    let rows = sqlx::query!(
        r#"select id as "id: OrderId", number, email, status as "status: OrderStatus", end_reason as "end_reason: EndReason",
                  payment_status as "payment_status: PaymentStatus", hold as "hold: Hold", currency as "currency: Currency", total, placed_at
           from orders
           where ($1::text is null or status = $1) and (not $2 or hold is not null)
                 and ($3 = '' or number = $4 or position(lower($3) in lower(email)) > 0)
                 and ($5::uuid is null or id < $5)
           order by id desc limit $6"#,
        wanted.status as Option<OrderStatus>,
        wanted.held,
        wanted.words,
        number,
        wanted.before as Option<OrderId>,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: row.id,
            number: row.number,
            email: row.email,
            status: row.status,
            end_reason: row.end_reason,
            payment_status: row.payment_status,
            hold: row.hold,
            total: Money::new(row.total, row.currency),
            placed_at: row.placed_at,
        })
        .collect())
}

/// Counts them.
pub async fn counts(db: &PgPool) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"select count(*) filter (where hold is not null) as "held!",
                  count(*) filter (where status = 'pending_payment') as "pending_payment!",
                  count(*) filter (where status = 'confirmed') as "confirmed!",
                  count(*) filter (where status = 'cancelled') as "cancelled!",
                  count(*) filter (where status = 'expired') as "expired!"
           from orders"#,
    )
    .fetch_one(db)
    .await
}

/// Everything about an order.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// What was ordered, and where it stands.
    pub order: Order,
    /// Times that its customer was sent to pay, newest first.
    pub sessions: Vec<Session>,
    /// Money that moved, oldest first.
    pub ledger: Vec<Entry>,
    /// What the provider told us, newest first.
    pub told: Vec<Told>,
    /// What happened, oldest first.
    pub timeline: Vec<Event>,
    /// What was written about it, newest first.
    pub mails: Vec<Logged>,
}

/// One time that its customer was sent to pay.
#[derive(Debug, Clone)]
pub struct Session {
    /// Which one.
    pub id: PaymentSessionId,
    /// By whom it is paid.
    pub provider: String,
    /// What it is called there.
    pub provider_ref: Option<String>,
    /// The payment that came of it.
    pub payment_ref: Option<String>,
    /// Where it stands.
    pub state: SessionState,
    /// Why it could not be opened or paid.
    pub problem: Option<String>,
    /// When it began.
    pub created_at: DateTime<Utc>,
    /// When it was last asked for.
    pub read_at: Option<DateTime<Utc>>,
    /// When its page is closed.
    pub expires_at: Option<DateTime<Utc>>,
}

/// A movement of money.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which one.
    pub id: LedgerEntryId,
    /// What moved.
    pub kind: LedgerKind,
    /// How much in the currency's smallest unit, below zero if it went away from us.
    pub amount: i64,
    /// What is there after it, in this currency.
    pub balance: i64,
    /// Its code, which may be of none that we sell in.
    pub currency: String,
    /// What it is called there.
    pub provider_ref: String,
    /// When it moved, as the provider says.
    pub occurred_at: DateTime<Utc>,
}

/// Something that the provider told us.
#[derive(Debug, Clone)]
pub struct Told {
    /// Which one.
    pub id: PaymentEventId,
    /// In the provider's words.
    pub kind: String,
    /// What it is called there.
    pub provider_ref: String,
    /// Whether we asked for it.
    pub was_fetched: bool,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When it was dealt with.
    pub handled_at: Option<DateTime<Utc>>,
    /// What became of it.
    pub outcome: Option<String>,
}

/// How many of the latest words of the provider, and mails, are shown.
const LATEST: i64 = 50;

/// One order, with everything about it.
pub async fn find(db: &PgPool, id: OrderId) -> sqlx::Result<Option<Dossier>> {
    let Some(order) = orders::read(&mut *db.acquire().await?, id).await? else { return Ok(None) };
    let sessions = sqlx::query_as!(
        Session,
        r#"select id as "id: PaymentSessionId", provider, provider_ref, payment_ref, state as "state: SessionState", problem,
                  created_at, read_at, expires_at
           from payment_sessions where order_id = $1 order by id desc"#,
        id as OrderId,
    )
    .fetch_all(db)
    .await?;
    let moved = sqlx::query!(
        r#"select id as "id: LedgerEntryId", kind as "kind: LedgerKind", amount, currency, provider_ref, occurred_at
           from ledger_entries where order_id = $1 order by occurred_at, id"#,
        id as OrderId,
    )
    .fetch_all(db)
    .await?;
    let entries: Vec<_> = moved
        .iter()
        .map(|row| payments::Entry {
            kind: row.kind,
            reference: row.provider_ref.clone(),
            amount: row.amount,
            currency: row.currency.clone(),
        })
        .collect();
    let mut balances = HashMap::<_, i64>::new();
    let ledger = moved
        .into_iter()
        .zip(&entries)
        .map(|(row, entry)| {
            let amount = entry.signed(&entries);
            let balance = balances.entry(entry.currency.as_str()).or_default();
            *balance = balance.saturating_add(amount);
            Entry {
                id: row.id,
                kind: row.kind,
                amount,
                balance: *balance,
                currency: row.currency,
                provider_ref: row.provider_ref,
                occurred_at: row.occurred_at,
            }
        })
        .collect();
    let told = sqlx::query_as!(
        Told,
        r#"select e.id as "id: PaymentEventId", e.kind, e.provider_ref, e.was_fetched, e.received_at, e.handled_at, e.outcome
           from payment_events e
           where exists (select from payment_sessions s where s.order_id = $1 and s.provider = e.provider
                         and (e.object_ref in (s.provider_ref, s.payment_ref) or e.payment_ref = s.payment_ref or e.session_id = s.id))
           order by e.received_at desc limit $2"#,
        id as OrderId,
        LATEST,
    )
    .fetch_all(db)
    .await?;
    let mails = sqlx::query_as!(
        Logged,
        r#"select id as "id: MailId", account_id as "account_id: AccountId", recipient, kind as "kind: MailKind",
                  state as "state: MailState", problem, created_at, sent_at
           from mails where details ? 'order_id' and details ->> 'order_id' = $1 order by id desc limit $2"#,
        id.to_string(),
        LATEST,
    )
    .fetch_all(db)
    .await?;
    Ok(Some(Dossier { order, sessions, ledger, told, timeline: orders::timeline(db, id).await?, mails }))
}
