//! Calling an order off before it is paid.

use sqlx::{PgPool, PgTransaction};

use super::{EndReason, OrderStatus, locking, reading::Viewer};
use crate::{Cause, StaleTransition, ids::OrderId, payments};

/// Why an order is not called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallOffError {
    /// Its money is on its way: it can come at any moment, and nobody stops it.
    #[error("the money is on its way")]
    MoneyUnderWay,
    /// It is paid, or ended before.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// Calls an order off that is to be paid. Its coupon can be used again, and the page where it could be paid is closed. Should
/// somebody pay at this very moment, whoever holds the row first decides: a payment that comes after this is held for staff.
pub async fn call_off(
    db: &PgPool,
    cause: &Cause,
    viewer: &Viewer,
    id: OrderId,
) -> sqlx::Result<Result<(), CallOffError>> {
    let mut tx = db.begin().await?;
    let Some(held) = locking::hold(&mut tx, viewer, id).await? else {
        return Ok(Err(StaleTransition.into()));
    };
    if held.status != OrderStatus::PendingPayment || held.was_paid {
        return Ok(Err(StaleTransition.into()));
    }
    if payments::is_under_way(&mut tx, id).await? {
        return Ok(Err(CallOffError::MoneyUnderWay));
    }
    end(&mut tx, cause, id).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Ends a pending order, whose row the caller holds, in the name of its customer.
pub(super) async fn end(tx: &mut PgTransaction<'_>, cause: &Cause, id: OrderId) -> sqlx::Result<()> {
    super::end(tx, cause, id, OrderStatus::Cancelled, EndReason::ByCustomer).await?;
    payments::cancel(tx, cause, id).await
}
