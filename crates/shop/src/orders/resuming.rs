//! An order that was not paid in time is taken up again, at the prices it was placed at, if they still hold.

use serde_json::json;
use sqlx::PgPool;

use super::{
    Change, OrderStatus,
    events::{self, OrderEventKind},
    locking,
    reading::Viewer,
    reopen, still_holds,
};
use crate::{
    Cause, StaleTransition,
    coupons::{self, CouponRefusal},
    ids::{OrderId, PaymentSessionId},
    payments,
};

/// Why an order is not resumed. It can be put back into the cart instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResumeError {
    /// It is none that was not paid in time, or somebody was quicker.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// Prices or pictures are not what they were.
    #[error("it would be another order now")]
    Changed(Vec<Change>),
    /// Its coupon cannot be used any more.
    #[error("its coupon cannot be used any more")]
    Coupon(CouponRefusal),
}

/// Takes an expired order up again, and sends its customer to pay.
pub async fn resume(
    db: &PgPool,
    cause: &Cause,
    viewer: &Viewer,
    id: OrderId,
) -> Result<Result<(), ResumeError>, sqlx::Error> {
    let mut tx = db.begin().await?;
    // The cart too: whoever orders from it holds it when they come to the coupon.
    if !locking::lock(&mut tx, id).await? {
        return Ok(Err(StaleTransition.into()));
    }
    let Some(held) = locking::hold(&mut tx, viewer, id).await? else {
        return Ok(Err(StaleTransition.into()));
    };
    if held.status != OrderStatus::Expired || held.hold.is_some() || held.was_paid {
        return Ok(Err(StaleTransition.into()));
    }
    if let Err(changes) = still_holds(&mut tx, cause, id).await? {
        return Ok(Err(ResumeError::Changed(changes)));
    }
    if let Some(coupon_id) = held.coupon_id
        && let Err(refusal) = coupons::hold(&mut tx, cause, coupon_id, id).await?
    {
        return Ok(Err(ResumeError::Coupon(refusal)));
    }
    reopen(&mut tx, id).await?;
    let session: PaymentSessionId = payments::begin(&mut tx, cause, id, held.due).await?;
    payments::settle(&mut tx, id).await?;
    events::record(&mut tx, cause, id, OrderEventKind::Resumed, json!({}), &format!("resumed:{session}"))
        .await?;
    tx.commit().await?;
    Ok(Ok(()))
}
