//! Paying an order that waits for it, once more or in another way.

use sqlx::PgPool;

use super::{OrderStatus, locking, reading::Viewer};
use crate::{Cause, StaleTransition, ids::OrderId, payments};

/// Has a new page made where a pending order can be paid, unless there is one already: then that one counts.
pub async fn pay_again(
    db: &PgPool,
    cause: &Cause,
    viewer: &Viewer,
    id: OrderId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let Some(held) = locking::hold(&mut tx, viewer, id).await? else { return Ok(Err(StaleTransition)) };
    // Money that came is looked at by staff before anybody is asked for more.
    if held.status != OrderStatus::PendingPayment || held.hold.is_some() || held.was_paid {
        return Ok(Err(StaleTransition));
    }
    if payments::is_open(&mut tx, id).await? {
        return Ok(Ok(()));
    }
    payments::begin(&mut tx, cause, id, held.due).await?;
    // A payment that failed before is history.
    payments::settle(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
