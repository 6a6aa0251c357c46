//! The payment provider's books beside our ledger.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};

use super::{FindingKind, found};
use crate::{
    Cause,
    ids::{OrderId, PaymentSessionId},
    jobs::Job,
};

/// Money that came in, as the provider's books have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentSeen {
    /// The payment.
    pub reference: String,
    /// The session that it says it is of.
    pub session_id: PaymentSessionId,
    /// What was charged, in the smallest unit.
    pub charged: i64,
    /// What of it went back.
    pub refunded: i64,
    /// Three capital letters (ISO 4217).
    pub currency: String,
    /// Whether the customer's bank wants it back, or did.
    pub is_disputed: bool,
}

/// What one side knows of the money of an order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// What came, by currency.
    pub charged: BTreeMap<String, i64>,
    /// What went back, by currency.
    pub refunded: BTreeMap<String, i64>,
    /// Whether a bank ever wanted any of it back.
    pub is_disputed: bool,
}

impl Ledger {
    fn add(&mut self, payment: &PaymentSeen) {
        *self.charged.entry(payment.currency.clone()).or_default() += payment.charged;
        if payment.refunded > 0 {
            *self.refunded.entry(payment.currency.clone()).or_default() += payment.refunded;
        }
        self.is_disputed |= payment.is_disputed;
    }

    /// Whether nothing is missing here, the provider's own. It may forget a dispute that is over; we never do.
    fn agrees_with(&self, theirs: &Self) -> bool {
        (&self.charged, &self.refunded) == (&theirs.charged, &theirs.refunded)
            && (self.is_disputed || !theirs.is_disputed)
    }

    fn words(&self) -> String {
        let list = |sums: &BTreeMap<String, i64>| {
            let sums: Vec<_> = sums.iter().map(|(currency, sum)| format!("{sum} {currency}")).collect();
            if sums.is_empty() { "nothing".to_owned() } else { sums.join(" and ") }
        };
        let disputed = if self.is_disputed { ", disputed" } else { "" };
        format!("{} charged, {} refunded{disputed}", list(&self.charged), list(&self.refunded))
    }
}

/// Compares what a provider charged since a moment with the ledger, order by order. What differs is a finding, and the provider
/// is asked for the truth of it. Says how many differences there were.
pub async fn compare(
    db: &PgPool,
    cause: &Cause,
    provider: &str,
    since: DateTime<Utc>,
    seen: &[PaymentSeen],
) -> sqlx::Result<usize> {
    let mut theirs: BTreeMap<OrderId, (Ledger, Vec<PaymentSessionId>)> = BTreeMap::new();
    let mut differences = 0;
    for payment in seen {
        let order_id = sqlx::query_scalar!(
            r#"select order_id as "order_id: OrderId" from payment_sessions where id = $1 and provider = $2"#,
            payment.session_id as PaymentSessionId,
            provider,
        )
        .fetch_optional(db)
        .await?;
        let Some(order_id) = order_id else {
            let mut connection = db.acquire().await?;
            let detail =
                format!("{} {} for the session {}", payment.charged, payment.currency, payment.session_id);
            let subject = format!("{provider} {}", payment.reference);
            found(&mut connection, cause, FindingKind::UnknownPayment, &subject, &detail).await?;
            differences += 1;
            continue;
        };
        let (ledger, sessions) = theirs.entry(order_id).or_default();
        ledger.add(payment);
        sessions.push(payment.session_id);
    }
    for (order_id, ours) in ours(db, provider, since, &theirs.keys().copied().collect::<Vec<_>>()).await? {
        let (ledger, sessions) = theirs.remove(&order_id).unwrap_or_default();
        if !ours.is_older && !ours.ledger.agrees_with(&ledger) {
            differs(db, cause, order_id, &ours.ledger, &ledger, &sessions).await?;
            differences += 1;
        }
    }
    for (order_id, (ledger, sessions)) in theirs {
        differs(db, cause, order_id, &Ledger::default(), &ledger, &sessions).await?;
        differences += 1;
    }
    Ok(differences)
}

/// What our ledger knows of an order.
#[derive(Default)]
struct Ours {
    ledger: Ledger,
    /// Whether a part of it was charged before the days that are compared.
    is_older: bool,
}

/// What our ledger says of these orders, and of those that were charged since then.
async fn ours(
    db: &PgPool,
    provider: &str,
    since: DateTime<Utc>,
    orders: &[OrderId],
) -> sqlx::Result<BTreeMap<OrderId, Ours>> {
    let rows = sqlx::query!(
        r#"select order_id as "order_id: OrderId", currency,
                  coalesce(sum(amount) filter (where kind = 'charge'), 0)::bigint as "charged!",
                  (coalesce(sum(amount) filter (where kind = 'refund'), 0)
                   - coalesce(sum(amount) filter (where kind = 'refund_failed'), 0))::bigint as "refunded!",
                  bool_or(kind = 'dispute') as "is_disputed!",
                  bool_or(kind = 'charge' and occurred_at < $3) as "is_older!"
           from ledger_entries
           where provider = $1
                 and (order_id = any($2)
                      or order_id in (select order_id from ledger_entries where provider = $1 and kind = 'charge' and occurred_at >= $3))
           group by order_id, currency"#,
        provider,
        orders as &[OrderId],
        since,
    )
    .fetch_all(db)
    .await?;
    let mut all: BTreeMap<OrderId, Ours> = BTreeMap::new();
    for row in rows {
        let Ours { ledger, is_older } = all.entry(row.order_id).or_default();
        *is_older |= row.is_older;
        if row.charged > 0 {
            ledger.charged.insert(row.currency.clone(), row.charged);
        }
        if row.refunded > 0 {
            ledger.refunded.insert(row.currency, row.refunded);
        }
        ledger.is_disputed |= row.is_disputed;
    }
    Ok(all)
}

async fn differs(
    db: &PgPool,
    cause: &Cause,
    order_id: OrderId,
    ours: &Ledger,
    theirs: &Ledger,
    sessions: &[PaymentSessionId],
) -> sqlx::Result<()> {
    let mut tx: PgTransaction<'_> = db.begin().await?;
    let detail = format!("our ledger: {}; the provider: {}", ours.words(), theirs.words());
    found(&mut tx, cause, FindingKind::PaymentDiffers, &order_id.to_string(), &detail).await?;
    for id in sessions {
        Job::ReadPayment { payment_session_id: *id }.enqueue(&mut tx, cause).await?;
    }
    tx.commit().await
}
