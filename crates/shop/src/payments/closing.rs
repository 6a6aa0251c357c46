//! Keeping anybody from paying what is not to be paid any more.

use sqlx::{PgPool, PgTransaction};

use super::{SessionState, opening};
use crate::{
    Cause,
    ids::{OrderId, PaymentSessionId},
    jobs::Job,
};

/// A page that is to be closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// With whom.
    pub provider: String,
    /// What it is called there.
    pub reference: String,
}

/// An order is not to be paid any more: pages where it could be are closed, as soon as a worker comes to it. Until then it may
/// still be paid, and money that is on its way comes; [`super::converge`] says what becomes of that. The caller holds the order's
/// row, and has ended the order.
pub(crate) async fn cancel(tx: &mut PgTransaction<'_>, cause: &Cause, order_id: OrderId) -> sqlx::Result<()> {
    let sessions = sqlx::query!(
        r#"select id as "id: PaymentSessionId", state as "state: SessionState" from payment_sessions
           where order_id = $1 and state in ('opening', 'open') order by id for update"#,
        order_id as OrderId,
    )
    .fetch_all(&mut **tx)
    .await?;
    for session in sessions {
        if session.state == SessionState::Opening {
            // If a worker is having it made at this moment, what comes of that is closed: see `opening::opened`.
            opening::end(tx, cause, session.id, SessionState::Expired, None).await?;
        } else {
            Job::ExpireCheckout { payment_session_id: session.id }.enqueue(tx, cause).await?;
        }
    }
    Ok(())
}

/// The page of a session, to be closed. Nothing: there is none, or nobody can pay there any more.
pub async fn to_expire(db: &PgPool, id: PaymentSessionId) -> sqlx::Result<Option<Closing>> {
    // One that ended before its page was known may have a page all the same.
    sqlx::query_as!(
        Closing,
        r#"select provider, provider_ref as "reference!" from payment_sessions
           where id = $1 and provider_ref is not null
                 and (state in ('opening', 'open', 'processing') or state in ('expired', 'failed') and read_at is null)"#,
        id as PaymentSessionId,
    )
    .fetch_optional(db)
    .await
}
