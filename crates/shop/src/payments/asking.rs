//! What orders ask of payments.

use sqlx::{PgPool, PgTransaction};

use super::{SessionState, latest};
use crate::{
    Cause,
    ids::OrderId,
    jobs::Job,
    throttles::{self, Limit},
};

/// Whether somebody can pay an order now, or did what they had to.
pub(crate) async fn is_open(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from payment_sessions where order_id = $1 and state in ('opening', 'open', 'processing')) as "open!""#,
        order_id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await
}

/// Whether an order's money is on its way.
pub(crate) async fn is_under_way(tx: &mut PgTransaction<'_>, order_id: OrderId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from payment_sessions where order_id = $1 and state = 'processing') as "under_way!""#,
        order_id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await
}

/// How often the provider is asked because somebody waits for its word: the page that waits is read every few seconds.
const LOOK: Limit = Limit { rule: "payment.look", burst: 1, every: std::time::Duration::from_secs(15) };

/// Somebody waits for the word of the provider: asks it what became of the newest session, unless that was done just now.
pub async fn look(db: &PgPool, cause: &Cause, order_id: OrderId) -> sqlx::Result<()> {
    let Some(session) = latest(db, order_id).await? else { return Ok(()) };
    if session.state != SessionState::Open
        || throttles::take(db, cause.at, LOOK, &session.id.to_string()).await?.is_err()
    {
        return Ok(());
    }
    let mut tx = db.begin().await?;
    Job::ReadPayment { payment_session_id: session.id }.enqueue(&mut tx, cause).await?;
    tx.commit().await
}
