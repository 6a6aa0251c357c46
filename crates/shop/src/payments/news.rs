//! Telling of money that moved after an order was paid.

use sqlx::PgTransaction;

use super::{
    Entry, LedgerKind, disputes,
    ledger::{self, Movement},
};
use crate::{
    Cause,
    ids::OrderId,
    orders::events::{self, OrderEventKind},
};

/// Writes what moved on the order's timeline, and to whoever is to know of it.
pub(super) async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    provider: &str,
    new: &[Movement<'_>],
) -> sqlx::Result<()> {
    if new.is_empty() {
        return Ok(());
    }
    let entries = ledger::entries(tx, order_id).await?;
    for movement in new {
        let Some(kind) = kind(movement, new, &entries) else { continue };
        let key = format!("{}:{provider}:{}", <&str>::from(kind), movement.reference);
        let details = serde_json::json!({ "amount": movement.amount, "currency": movement.currency, "reference": movement.reference });
        events::record(tx, cause, order_id, kind, details, &key).await?;
    }
    Ok(())
}

/// As what a movement is told, if it is.
fn kind(movement: &Movement<'_>, new: &[Movement<'_>], entries: &[Entry]) -> Option<OrderEventKind> {
    match movement.kind {
        LedgerKind::Charge => None,
        LedgerKind::Refund => {
            // It did not arrive, and nobody was told that it would.
            let came_back = new
                .iter()
                .any(|other| other.kind == LedgerKind::RefundFailed && other.reference == movement.reference);
            (!came_back).then_some(OrderEventKind::Refunded)
        }
        LedgerKind::RefundFailed => Some(OrderEventKind::RefundFailed),
        LedgerKind::Dispute => Some(OrderEventKind::Disputed),
        LedgerKind::DisputeWon => {
            (!disputes::is_lost(entries, movement.reference)).then_some(OrderEventKind::DisputeWon)
        }
        LedgerKind::DisputeLost => Some(OrderEventKind::DisputeLost),
    }
}
