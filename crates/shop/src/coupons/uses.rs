//! Uses of coupons: held → used · released. A coupon's row is locked before its uses are looked at, so that of a hundred who
//! come at once only so many get one as there are.

use sqlx::{PgExecutor, PgTransaction};

use super::{Coupon, CouponKind, CouponRefusal, UseState};
use crate::{
    Cause,
    ids::{AccountId, CartId, CouponId, OrderId},
    money::Currency,
};

/// Holds one use for an order, whose account and address say by whom. Held again for the same order, it is still one. The caller
/// commits, or gives it back by rolling back.
pub(crate) async fn hold(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    coupon_id: CouponId,
    order_id: OrderId,
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
        let customer = sqlx::query!(
            r#"select account_id as "account_id: AccountId", email from orders where id = $1"#,
            order_id as OrderId,
        )
        .fetch_one(&mut **tx)
        .await?;
        let theirs = uses_of(&mut **tx, coupon_id, customer.account_id, &customer.email, None).await?;
        if theirs >= i64::from(most) {
            return Ok(Err(CouponRefusal::UsedUpByCustomer));
        }
    }
    if !count(tx, coupon_id).await? {
        return Ok(Err(CouponRefusal::UsedUp));
    }
    sqlx::query!(
        "insert into coupon_uses (order_id, coupon_id, created_at) values ($1, $2, $3)
         on conflict (order_id) do update
         set coupon_id = excluded.coupon_id, state = 'held', created_at = excluded.created_at",
        order_id as OrderId,
        coupon_id as CouponId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(()))
}

/// How many uses of a coupon a customer holds or used: by their account, or by their address, whether or not they were signed in. A
/// cart's order that is to be paid can be left out: the next one replaces it.
pub(crate) async fn uses_of(
    db: impl PgExecutor<'_>,
    coupon_id: CouponId,
    account_id: Option<AccountId>,
    email: &str,
    replaces: Option<CartId>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from orders o join coupon_uses u on u.order_id = o.id
           where (o.account_id = $2 or lower(o.email) = lower($3)) and u.coupon_id = $1 and u.state <> 'released'
                 and not coalesce(o.cart_id = $4 and o.status = 'pending_payment', false)"#,
        coupon_id as CouponId,
        account_id as Option<AccountId>,
        email,
        replaces as Option<CartId>,
    )
    .fetch_one(db)
    .await
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
