//! What happened to an order, in the order in which it did.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgExecutor;

use super::events::OrderEventKind;
use crate::ids::OrderId;

/// Something that happened.
#[derive(Debug, Clone)]
pub struct Event {
    /// What.
    pub kind: OrderEventKind,
    /// Amounts and reasons: `amount` in the smallest unit of `currency`, `hold`, `reason`.
    pub details: Value,
    /// When.
    pub at: DateTime<Utc>,
}

/// All of it, the oldest first.
pub async fn timeline(db: impl PgExecutor<'_>, id: OrderId) -> sqlx::Result<Vec<Event>> {
    sqlx::query_as!(
        Event,
        r#"select kind as "kind: OrderEventKind", details, at from order_events where order_id = $1 order by at, id"#,
        id as OrderId,
    )
    .fetch_all(db)
    .await
}
