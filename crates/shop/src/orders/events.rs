//! What happened to an order: its timeline, for the customer and for staff.

use serde::{Deserialize, Serialize};
use sqlx::PgTransaction;

use super::letters;
use crate::{
    Cause,
    ids::{OrderEventId, OrderId},
};

/// What happened.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum OrderEventKind {
    /// It was placed.
    Placed,
    /// There is a page where it can be paid.
    PaymentOpened,
    /// It was paid in a way that takes days.
    PaymentPending,
    /// The payment did not come.
    PaymentFailed,
    /// The page where it could be paid was closed.
    PaymentExpired,
    /// The money is there.
    Paid,
    /// Money went back.
    Refunded,
    /// Money that was to go back did not arrive.
    RefundFailed,
    /// The customer's bank wants the money back.
    Disputed,
    /// The money stays.
    DisputeWon,
    /// The bank took the money.
    DisputeLost,
    /// Somebody of the staff has to look at it first.
    Held,
    /// Somebody did.
    Released,
    /// It was called off.
    Cancelled,
    /// It was not paid in time.
    Expired,
    /// It can be paid again.
    Resumed,
}

/// Writes down what happened, and to whoever is to know of it. `dedupe_key` names it: the same again is the same row. Whether it
/// is a new one.
pub(crate) async fn record(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    kind: OrderEventKind,
    details: serde_json::Value,
    dedupe_key: &str,
) -> sqlx::Result<bool> {
    let id = OrderEventId::new(cause.at);
    let recorded = sqlx::query!(
        "insert into order_events (id, order_id, kind, details, dedupe_key, at) values ($1, $2, $3, $4, $5, $6)
         on conflict on constraint order_events_dedupe_key_once do nothing",
        id as OrderEventId,
        order_id as OrderId,
        kind as OrderEventKind,
        &details,
        dedupe_key,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    let is_new = recorded.rows_affected() == 1;
    if is_new {
        letters::tell(tx, cause, order_id, id, kind, &details).await?;
    }
    Ok(is_new)
}
