//! Staff looked at an order that was held.

use serde_json::json;
use sqlx::PgPool;

use super::{
    Hold, OrderStatus, confirm,
    events::{self, OrderEventKind},
    locking, reopen,
};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::OrderId,
    money::{Currency, Money},
    payments,
};

/// Longest note that staff write about it, in characters.
pub const NOTE_MAX: usize = 500;

/// What became of an order that was held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// It goes on: it was confirmed before, or is now.
    GoesOn,
    /// All money went back, and it stays as it was: unpaid.
    StaysUnpaid,
}

/// Why an order stays held.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// It is not held any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// The customer's bank has not decided whether it takes money back.
    #[error("a dispute is open")]
    Disputed,
    /// Less than its price is there: the rest must come, or, for one that was never confirmed, this must go back.
    #[error("{there} of {due} is there")]
    PartlyPaid {
        /// What is there, less what went back.
        there: Money,
        /// What it costs.
        due: Money,
    },
    /// Money in another currency is there: it must go back first.
    #[error("{amount} {currency} is there, which is another currency")]
    OtherCurrency {
        /// In its smallest unit.
        amount: i64,
        /// Its code, which may be of none that we sell in.
        currency: String,
    },
}

/// Lets an order go on, with a note that colleagues read in the audit log, if what was paid for it, and is still there, covers its
/// price; one that was never confirmed is confirmed then. One that was not, and for which nothing is there, stays unpaid.
pub async fn release(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: OrderId,
    note: &str,
) -> sqlx::Result<Result<Released, ReleaseError>> {
    let mut tx = db.begin().await?;
    locking::lock(&mut tx, id).await?;
    let order = sqlx::query!(
        r#"select status as "status: OrderStatus", hold as "hold: Hold", currency as "currency: Currency", total
           from orders where id = $1"#,
        id as OrderId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some((order, hold)) = order.and_then(|order| order.hold.map(|hold| (order, hold))) else {
        return Ok(Err(StaleTransition.into()));
    };
    let was_confirmed = match order.status {
        OrderStatus::Confirmed => true,
        OrderStatus::PendingPayment | OrderStatus::Cancelled | OrderStatus::Expired => false,
    };
    let entries = payments::entries(&mut tx, id).await?;
    // Whatever else was decided: as long as the bank has not, nothing is printed.
    if payments::is_any_dispute_open(&entries) {
        return Ok(Err(ReleaseError::Disputed));
    }
    let (ours, foreign): (Vec<_>, Vec<_>) = payments::balances(&entries)
        .into_iter()
        .filter(|(_, balance)| *balance != 0)
        .partition(|(currency, _)| *currency == order.currency.code());
    if let Some((currency, amount)) = foreign.into_iter().next() {
        return Ok(Err(ReleaseError::OtherCurrency { amount, currency: currency.to_owned() }));
    }
    let there = ours.first().map_or(0, |(_, balance)| *balance);
    // What we gave back of an order that was confirmed was given back on purpose.
    let given_back = if was_confirmed { payments::given_back(&entries, order.currency) } else { 0 };
    let is_covered = there.saturating_add(given_back) >= order.total;
    if !is_covered && (was_confirmed || there != 0) {
        let (there, due) = (Money::new(there, order.currency), Money::new(order.total, order.currency));
        return Ok(Err(ReleaseError::PartlyPaid { there, due }));
    }
    let confirms = is_covered && !was_confirmed;
    sqlx::query!("update orders set hold = null where id = $1", id as OrderId).execute(&mut *tx).await?;
    let key = format!("released:{id}:{}", cause.at.timestamp_micros());
    events::record(&mut tx, cause, id, OrderEventKind::Released, json!({ "reason": hold }), &key).await?;
    if confirms {
        // One that had ended is to be paid again for a moment: what was paid is there.
        reopen(&mut tx, id).await?;
        confirm(&mut tx, cause, id).await?;
    }
    let subject_id = id.to_string();
    let deed = Deed {
        action: "order.release",
        subject_kind: "order",
        subject_id: &subject_id,
        before: Some(json!({ "hold": hold })),
        after: Some(json!({ "note": note, "confirmed": confirms })),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(if was_confirmed || confirms { Released::GoesOn } else { Released::StaysUnpaid }))
}
