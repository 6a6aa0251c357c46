//! An order ends without having been paid, and goes on after all.

use sqlx::PgTransaction;

use super::{
    EndReason, Hold, OrderStatus, PaymentStatus,
    events::{self, OrderEventKind},
};
use crate::{Cause, coupons, ids::OrderId, payments};

/// The order is not to be paid any more, and its coupon is free. One that is not to be paid is left alone. The caller holds its
/// row.
pub(crate) async fn end(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    status: OrderStatus,
    reason: EndReason,
) -> sqlx::Result<()> {
    let ended = sqlx::query!(
        "update orders set status = $2, end_reason = $3, ended_at = $4 where id = $1 and status = 'pending_payment'",
        order_id as OrderId,
        status as OrderStatus,
        reason as EndReason,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(());
    }
    coupons::release(tx, order_id).await?;
    payments::settle(tx, order_id).await?;
    let kind =
        if status == OrderStatus::Expired { OrderEventKind::Expired } else { OrderEventKind::Cancelled };
    // An order that was resumed can end again.
    let key = format!("{}:{order_id}:{}", <&str>::from(kind), cause.at.timestamp_micros());
    events::record(tx, cause, order_id, kind, serde_json::json!({ "reason": reason }), &key).await?;
    Ok(())
}

/// Ends an order that is to be paid, so that another one of its cart can be; its coupon is free for that one. One for which money
/// came or is on its way is left to whoever looks after that, and is this cart's no more. The caller holds the rows of the cart and
/// of the order.
pub(crate) async fn make_way(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    payment_status: PaymentStatus,
    hold: Option<Hold>,
) -> sqlx::Result<()> {
    let is_unpaid = match payment_status {
        PaymentStatus::None | PaymentStatus::Failed => hold.is_none(),
        PaymentStatus::Pending
        | PaymentStatus::Paid
        | PaymentStatus::Overpaid
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed => false,
    };
    if is_unpaid {
        end(tx, cause, order_id, OrderStatus::Cancelled, EndReason::Replaced).await?;
        return payments::cancel(tx, cause, order_id).await;
    }
    sqlx::query!("update orders set cart_id = null where id = $1", order_id as OrderId)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The order is to be paid again, as before it ended. If its cart is being paid in another order meanwhile, that one empties it, and
/// this one leaves it alone. The caller holds the rows of the cart and of the order, and looks after the coupon: [`coupons::hold`]
/// if it is to be paid, and nothing if it is paid already, since [`coupons::use_up`] counts it then.
pub(crate) async fn reopen(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders o set status = 'pending_payment', end_reason = null, ended_at = null,
                cart_id = case when exists (select from orders p where p.cart_id = o.cart_id and p.status = 'pending_payment')
                               then null else o.cart_id end
         where o.id = $1 and o.status in ('cancelled', 'expired')",
        order_id as OrderId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
