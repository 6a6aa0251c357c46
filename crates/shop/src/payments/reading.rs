//! Looking at sessions.

use chrono::{DateTime, Utc};
use sqlx::{PgExecutor, PgPool};

use super::SessionState;
use crate::{
    ids::{OrderId, PaymentSessionId},
    money::{Currency, Money},
};

/// A session, as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Which one.
    pub id: PaymentSessionId,
    /// Where it stands.
    pub state: SessionState,
    /// What is to be paid.
    pub due: Money,
    /// Where the customer pays, while it is open.
    pub url: Option<String>,
    /// Until when.
    pub expires_at: Option<DateTime<Utc>>,
    /// Why it could not be opened or paid, in words for the customer.
    pub problem: Option<String>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
}

/// A session whose truth is to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// With whom.
    pub provider: String,
    /// What it is called there, if that is known.
    pub reference: Option<String>,
    /// The database's clock before the question is put.
    pub started_at: DateTime<Utc>,
}

/// The newest session of an order.
pub async fn latest(db: impl PgExecutor<'_>, order_id: OrderId) -> sqlx::Result<Option<Session>> {
    let row = sqlx::query!(
        r#"select id as "id: PaymentSessionId", state as "state: SessionState", amount, currency as "currency: Currency",
                  case when state = 'open' then url end as url, expires_at, problem, created_at
           from payment_sessions where order_id = $1 order by id desc limit 1"#,
        order_id as OrderId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Session {
        id: row.id,
        state: row.state,
        due: Money::new(row.amount, row.currency),
        url: row.url,
        expires_at: row.expires_at,
        problem: row.problem,
        created_at: row.created_at,
    }))
}

/// What is needed to ask for the truth of a session.
pub async fn to_read(db: &PgPool, id: PaymentSessionId) -> sqlx::Result<Option<Reading>> {
    sqlx::query_as!(
        Reading,
        r#"select provider, provider_ref as reference, clock_timestamp() as "started_at!" from payment_sessions where id = $1"#,
        id as PaymentSessionId,
    )
    .fetch_optional(db)
    .await
}
