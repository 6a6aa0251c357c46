//! The coupon of a cart, and what it takes off at this moment.

use sqlx::{PgConnection, PgPool};

use super::{Cart, Owner, hold};
use crate::{
    Cause, StaleTransition,
    coupons::{self, Coupon, CouponRefusal, Discount},
    ids::{CartId, CouponId},
};

/// A cart's coupon.
#[derive(Debug, Clone)]
pub struct Applied {
    /// Which one.
    pub coupon: Coupon,
    /// What it takes off, or why it takes nothing off as things stand.
    pub discount: Result<Discount, CouponRefusal>,
}

/// Why a cart does not get a coupon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouponError {
    /// There is no cart any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// It is not good.
    #[error(transparent)]
    Refused(#[from] CouponRefusal),
}

/// Gives somebody's cart the coupon with this code, in place of one that it had. It need not take anything off yet: perhaps more
/// goes into the cart.
pub async fn set_coupon(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    code: &str,
) -> sqlx::Result<Result<(), CouponError>> {
    let mut tx = db.begin().await?;
    let Some(cart) = hold(&mut tx, cause, owner).await? else { return Ok(Err(StaleTransition.into())) };
    let coupon = match coupons::find_usable(&mut *tx, cause, code).await? {
        Ok(coupon) => coupon,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    sqlx::query!("update carts set coupon_id = $2 where id = $1", cart.id as CartId, coupon.id as CouponId)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes the coupon away from somebody's cart.
pub async fn remove_coupon(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let Some(cart) = hold(&mut tx, cause, owner).await? else { return Ok(Err(StaleTransition)) };
    let removed = sqlx::query!(
        "update carts set coupon_id = null where id = $1 and coupon_id is not null",
        cart.id as CartId
    )
    .execute(&mut *tx)
    .await?;
    if removed.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// What a cart's coupon takes off goods for this sum, if it has one. The last use of a coupon is not gone for the cart whose own
/// order holds it while it waits to be paid: that order is replaced by the next one.
pub async fn applied(
    conn: &mut PgConnection,
    cause: &Cause,
    cart: &Cart,
    subtotal: i64,
) -> sqlx::Result<Option<Applied>> {
    let Some(id) = cart.coupon_id else { return Ok(None) };
    let Some(coupon) = coupons::by_id(&mut *conn, id).await? else { return Ok(None) };
    let usable = match coupon.usable(cause.at) {
        Err(CouponRefusal::UsedUp) if holds(conn, cart, id).await? => Ok(()),
        usable => usable,
    };
    let discount = usable.and_then(|()| coupon.discount(cart.currency, subtotal));
    Ok(Some(Applied { coupon, discount }))
}

async fn holds(conn: &mut PgConnection, cart: &Cart, coupon_id: CouponId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (
             select from orders o join coupon_uses u on u.order_id = o.id
             where o.cart_id = $1 and o.status = 'pending_payment' and u.coupon_id = $2 and u.state = 'held') as "holds!""#,
        cart.id as CartId,
        coupon_id as CouponId,
    )
    .fetch_one(conn)
    .await
}
