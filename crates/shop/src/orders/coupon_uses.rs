//! What becomes of an order's coupon.

use sqlx::PgTransaction;

use crate::ids::OrderId;

/// The order goes on after all: its coupon is held again. It was sold at that price, whether or not the coupon has uses left.
pub(super) async fn hold_again(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<()> {
    sqlx::query!(
        "with held as (update coupon_uses set state = 'held' where order_id = $1 and state = 'released' returning coupon_id)
         update coupons c set uses = c.uses + 1 from held h
         where c.id = h.coupon_id and (c.max_uses is null or c.uses < c.max_uses)",
        order_id as OrderId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
