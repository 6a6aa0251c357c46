//! An order that is paid, or costs nothing, is made.

use sqlx::PgTransaction;

use super::events::{self, OrderEventKind};
use crate::{
    Cause, coupons,
    ids::{CartId, OrderId},
    money::Currency,
    payments,
};

/// The order is to be made: its coupon is used up, and what was ordered leaves the cart. An order that is held, or has ended, is
/// left alone; the same again changes nothing. The caller holds the cart's row, and then the order's.
pub(crate) async fn confirm(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
) -> sqlx::Result<()> {
    let Some(order) = sqlx::query!(
        r#"update orders set status = 'confirmed', paid_at = $2
           where id = $1 and status = 'pending_payment' and hold is null
           returning total, currency as "currency: Currency""#,
        order_id as OrderId,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?
    else {
        return Ok(());
    };
    coupons::use_up(tx, order_id).await?;
    empty_cart(tx, cause, order_id).await?;
    payments::settle(tx, order_id).await?;
    let details = serde_json::json!({ "amount": order.total, "currency": order.currency });
    events::record(tx, cause, order_id, OrderEventKind::Paid, details, &format!("paid:{order_id}")).await?;
    Ok(())
}

/// Takes what was ordered out of the cart that it came from, and the coupon with it. What was put in on top of it stays.
pub(crate) async fn empty_cart(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
) -> sqlx::Result<()> {
    let cart_id = sqlx::query_scalar!(
        r#"select cart_id as "cart_id: CartId" from orders where id = $1"#,
        order_id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    let Some(cart_id) = cart_id else { return Ok(()) };
    let taken = sqlx::query!(
        "delete from cart_lines c using order_lines o
         where c.cart_id = $1 and o.order_id = $2 and o.cart_line_id = c.id and c.quantity <= o.quantity",
        cart_id as CartId,
        order_id as OrderId,
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    let lessened = sqlx::query!(
        "update cart_lines c set quantity = c.quantity - o.quantity from order_lines o
         where c.cart_id = $1 and o.order_id = $2 and o.cart_line_id = c.id and c.quantity > o.quantity",
        cart_id as CartId,
        order_id as OrderId,
    )
    .execute(&mut **tx)
    .await?
    .rows_affected();
    if taken + lessened > 0 {
        sqlx::query!(
            "update carts c set version = c.version + 1, updated_at = $3,
                    coupon_id = case when c.coupon_id = o.coupon_id then null else c.coupon_id end
             from orders o where c.id = $1 and o.id = $2",
            cart_id as CartId,
            order_id as OrderId,
            cause.at,
        )
        .execute(&mut **tx)
        .await?;
    }
    Ok(())
}
