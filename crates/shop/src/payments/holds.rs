//! Why nothing is printed until somebody of the staff has looked at an order's money.

use sqlx::PgTransaction;

use super::{
    LedgerKind,
    converging::Order,
    disputes,
    ledger::{self, Movement},
};
use crate::{
    Cause,
    ids::OrderId,
    orders::{
        Hold, OrderStatus,
        events::{self, OrderEventKind},
    },
};

impl Hold {
    /// Of several reasons the one that is shown, and kept: a dispute ends by itself, the others need a decision.
    fn weight(self) -> u8 {
        match self {
            Self::Dispute => 0,
            Self::PaidAfterEnd => 1,
            Self::PaidTwice => 2,
            Self::AmountMismatch => 3,
            Self::CurrencyMismatch => 4,
        }
    }
}

/// Holds an order for this reason, once for what `reference` names: what staff released is not held again for what they know.
pub(super) async fn hold(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    reason: Hold,
    reference: &str,
) -> sqlx::Result<()> {
    let key = format!("held:{}:{}:{reference}", order.id, <&str>::from(reason));
    let details = serde_json::json!({ "reason": reason });
    let is_new = events::record(tx, cause, order.id, OrderEventKind::Held, details, &key).await?;
    if is_new && order.hold.is_none_or(|held| held.weight() < reason.weight()) {
        set(tx, order, Some(reason)).await?;
    }
    Ok(())
}

async fn set(tx: &mut PgTransaction<'_>, order: &mut Order, hold: Option<Hold>) -> sqlx::Result<()> {
    sqlx::query!("update orders set hold = $2 where id = $1", order.id as OrderId, hold as Option<Hold>)
        .execute(&mut **tx)
        .await?;
    order.hold = hold;
    Ok(())
}

/// Stops production for what just moved, or no longer.
pub(super) async fn follow(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order: &mut Order,
    new: &[Movement<'_>],
) -> sqlx::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let entries = ledger::entries(tx, order.id).await?;
    for movement in new {
        let stops = match movement.kind {
            LedgerKind::Dispute => disputes::is_open(&entries, movement.reference),
            LedgerKind::DisputeLost => true,
            LedgerKind::Charge | LedgerKind::Refund | LedgerKind::RefundFailed | LedgerKind::DisputeWon => {
                false
            }
        };
        if stops {
            let reference = name(movement);
            hold(tx, cause, order, Hold::Dispute, &reference).await?;
        }
    }
    let is_won = new.iter().any(|movement| movement.kind == LedgerKind::DisputeWon);
    if is_won && order.hold == Some(Hold::Dispute) && !disputes::any_stands(&entries) {
        set(tx, order, None).await?;
    }
    // Money that is with us again, for something that nobody makes.
    let back = new.iter().rev().find(|movement| match movement.kind {
        LedgerKind::Charge | LedgerKind::RefundFailed | LedgerKind::DisputeWon => true,
        LedgerKind::Refund | LedgerKind::Dispute | LedgerKind::DisputeLost => false,
    });
    let has_ended = match order.status {
        OrderStatus::Cancelled | OrderStatus::Expired => true,
        OrderStatus::PendingPayment | OrderStatus::Confirmed => false,
    };
    if let Some(back) = back
        && has_ended
        && order.hold.is_none()
        && ledger::balances(&entries).into_values().any(|balance| balance > 0)
    {
        hold(tx, cause, order, Hold::PaidAfterEnd, &name(back)).await?;
    }
    Ok(())
}

fn name(movement: &Movement<'_>) -> String {
    format!("{}:{}", <&str>::from(movement.kind), movement.reference)
}
