//! What becomes of an order when one of its sessions comes to something.

use sqlx::PgTransaction;

use super::{Facts, cancel, converging::Order, holds::hold, is_open};
use crate::{
    Cause,
    ids::{CartId, OrderId, PaymentSessionId},
    orders::{
        self, EndReason, Hold, OrderStatus,
        events::{self, OrderEventKind},
    },
};

/// A session turned out to be paid.
pub(super) async fn paid(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    facts: &Facts,
) -> sqlx::Result<()> {
    let reference = &facts.reference;
    if order.status == OrderStatus::Confirmed {
        return hold(tx, cause, order, Hold::PaidTwice, reference).await;
    }
    let currency = order.due.currency.code();
    let is_foreign =
        facts.currency != currency || facts.charges.iter().any(|charge| charge.currency != currency);
    if is_foreign {
        return hold(tx, cause, order, Hold::CurrencyMismatch, reference).await;
    }
    // What went back since then does not count: the order was paid, whichever of both was heard of first.
    if facts.amount != order.due.amount || facts.charged() != order.due.amount {
        return hold(tx, cause, order, Hold::AmountMismatch, reference).await;
    }
    match order.status {
        // What is held stays so, until somebody of the staff has decided.
        OrderStatus::PendingPayment if order.hold.is_some() => {
            hold(tx, cause, order, Hold::PaidTwice, reference).await
        }
        OrderStatus::PendingPayment => orders::confirm(tx, cause, order.id).await,
        OrderStatus::Confirmed => Ok(()),
        OrderStatus::Cancelled | OrderStatus::Expired => {
            if take_back(tx, cause, order).await? {
                return orders::confirm(tx, cause, order.id).await;
            }
            hold(tx, cause, order, Hold::PaidAfterEnd, reference).await
        }
    }
}

/// An order that was replaced is paid after all, or its money is on its way: the one that took its place, and for which no money
/// moved, gives it back. Whether it did.
async fn take_back(tx: &mut PgTransaction<'_>, cause: &Cause, order: &mut Order) -> sqlx::Result<bool> {
    if order.end_reason != Some(EndReason::Replaced) {
        return Ok(false);
    }
    let Some(rival) = sqlx::query_scalar!(
        r#"select o.id as "id: OrderId" from orders o
           where o.cart_id = $1 and o.status = 'pending_payment' and o.hold is null
                 and not exists (select from ledger_entries l where l.order_id = o.id)
           for update"#,
        order.cart_id as Option<CartId>,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(false);
    };
    orders::end(tx, cause, rival, OrderStatus::Cancelled, EndReason::AlreadyPaid).await?;
    cancel(tx, cause, rival).await?;
    orders::reopen(tx, order.id).await?;
    (order.status, order.end_reason) = (OrderStatus::PendingPayment, None);
    Ok(true)
}

/// The customer did what they had to, and the money takes days.
pub(super) async fn pending(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    session_id: PaymentSessionId,
) -> sqlx::Result<()> {
    if order.status != OrderStatus::PendingPayment && !take_back(tx, cause, order).await? {
        return Ok(());
    }
    orders::empty_cart(tx, cause, order.id).await?;
    // The cart is free for other things, which replace nothing.
    sqlx::query!("update orders set cart_id = null where id = $1", order.id as OrderId)
        .execute(&mut **tx)
        .await?;
    let key = format!("payment_pending:{session_id}");
    let details = serde_json::json!({ "session": session_id });
    events::record(tx, cause, order.id, OrderEventKind::PaymentPending, details, &key).await?;
    Ok(())
}

/// The money did not come.
pub(super) async fn failed(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &Order,
    session_id: PaymentSessionId,
) -> sqlx::Result<()> {
    if order.status != OrderStatus::PendingPayment {
        return Ok(());
    }
    let key = format!("payment_failed:{session_id}");
    let details = serde_json::json!({ "session": session_id, "reason": "not_paid" });
    events::record(tx, cause, order.id, OrderEventKind::PaymentFailed, details, &key).await?;
    Ok(())
}

/// Nobody paid in time.
pub(super) async fn expired(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &Order,
    session_id: PaymentSessionId,
) -> sqlx::Result<()> {
    if order.status != OrderStatus::PendingPayment {
        return Ok(());
    }
    let key = format!("payment_expired:{session_id}");
    let details = serde_json::json!({ "session": session_id });
    events::record(tx, cause, order.id, OrderEventKind::PaymentExpired, details, &key).await?;
    if order.hold.is_none() && !is_open(tx, order.id).await? {
        orders::end(tx, cause, order.id, OrderStatus::Expired, EndReason::NotPaid).await?;
    }
    Ok(())
}
