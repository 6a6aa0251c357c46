//! Uses of coupons: held → used · released. A coupon's row is locked before its uses are looked at, so that of a hundred who
//! come at once only so many get one as there are.

use sqlx::PgTransaction;

use super::{Coupon, CouponKind, CouponRefusal, UseState};
use crate::{
    Cause,
    ids::{CouponId, OrderId},
    money::Currency,
};

/// Holds one use for an order. `customer` is whom the limit for each is counted by: an account's id, or an address in small
/// letters. Held again for the same order, it is still one. The caller commits, or gives it back by rolling back.
pub(crate) async fn hold(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    coupon_id: CouponId,
    order_id: OrderId,
    customer: &str,
) -> sqlx::Result<Result<(), CouponRefusal>> {
    let Some(coupon) = lock(tx, coupon_id).await? else { return Ok(Err(CouponRefusal::Unknown)) };
    let state = sqlx::query_scalar!(
        r#"select state as "state: UseState" from coupon_uses where order_id = $1"#,
        order_id as OrderId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    match state {
        Some(UseState::Held | UseState::Used) => return Ok(Ok(())),
        Some(UseState::Released) | None => {}
    }
    if let Err(refusal) = coupon.usable(cause.at) {
        return Ok(Err(refusal));
    }
    if let Some(most) = coupon.max_uses_each {
        let theirs = sqlx::query_scalar!(
            r#"select count(*) as "count!" from coupon_uses where coupon_id = $1 and customer = $2 and state <> 'released'"#,
            coupon_id as CouponId,
            customer,
        )
        .fetch_one(&mut **tx)
        .await?;
        if theirs >= i64::from(most) {
            return Ok(Err(CouponRefusal::UsedUpByCustomer));
        }
    }
    if !count(tx, coupon_id).await? {
        return Ok(Err(CouponRefusal::UsedUp));
    }
    sqlx::query!(
        "insert into coupon_uses (order_id, coupon_id, customer, created_at) values ($1, $2, $3, $4)
         on conflict (order_id) do update
         set coupon_id = excluded.coupon_id, customer = excluded.customer, state = 'held', created_at = excluded.created_at",
        order_id as OrderId,
        coupon_id as CouponId,
        customer,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(()))
}

/// An order is paid: its use stays. One that was released before is counted again, since the customer paid the lower price,
/// unless all are gone. Whether anything changed is answered.
pub(crate) async fn use_up(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<bool> {
    let Some(coupon_id) = coupon_of(tx, order_id).await? else { return Ok(false) };
    lock(tx, coupon_id).await?;
    if turn(tx, order_id, UseState::Held, UseState::Used).await? {
        return Ok(true);
    }
    if !turn(tx, order_id, UseState::Released, UseState::Used).await? {
        return Ok(false);
    }
    if count(tx, coupon_id).await? {
        return Ok(true);
    }
    turn(tx, order_id, UseState::Used, UseState::Released).await?;
    Ok(false)
}

/// An order ended without having been paid: its use is free for others. Whether anything changed is answered.
pub(crate) async fn release(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<bool> {
    let Some(coupon_id) = coupon_of(tx, order_id).await? else { return Ok(false) };
    lock(tx, coupon_id).await?;
    if !turn(tx, order_id, UseState::Held, UseState::Released).await? {
        return Ok(false);
    }
    sqlx::query!("update coupons set uses = uses - 1 where id = $1", coupon_id as CouponId)
        .execute(&mut **tx)
        .await?;
    Ok(true)
}

/// The caller's order names the coupon, and with it holds a lock on its key: a stronger one than this would wait for the others that
/// wait for it.
async fn lock(tx: &mut PgTransaction<'_>, id: CouponId) -> sqlx::Result<Option<Coupon>> {
    sqlx::query_as!(
        Coupon,
        r#"select id as "id: CouponId", code, kind as "kind: CouponKind", value, currency as "currency: Currency", min_subtotal,
                  max_uses, max_uses_each, uses, starts_at, ends_at, is_active, created_at
           from coupons where id = $1 for no key update"#,
        id as CouponId,
    )
    .fetch_optional(&mut **tx)
    .await
}

async fn coupon_of(tx: &mut PgTransaction<'_>, id: OrderId) -> sqlx::Result<Option<CouponId>> {
    sqlx::query_scalar!(
        r#"select coupon_id as "id: CouponId" from coupon_uses where order_id = $1"#,
        id as OrderId,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Counts one more use, if there is one left.
async fn count(tx: &mut PgTransaction<'_>, id: CouponId) -> sqlx::Result<bool> {
    let counted = sqlx::query!(
        "update coupons set uses = uses + 1 where id = $1 and (max_uses is null or uses < max_uses)",
        id as CouponId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(counted.rows_affected() == 1)
}

async fn turn(tx: &mut PgTransaction<'_>, id: OrderId, from: UseState, to: UseState) -> sqlx::Result<bool> {
    let turned = sqlx::query!(
        "update coupon_uses set state = $3 where order_id = $1 and state = $2",
        id as OrderId,
        from as UseState,
        to as UseState,
    )
    .execute(&mut **tx)
    .await?;
    Ok(turned.rows_affected() == 1)
}
