//! What providers told us is of no use for ever, and names people: the words go after a while, and that there was an event stays, so
//! that the same one is still known when it is told again.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{PRUNED_AT_ONCE, ids::AccountId};

/// As long as the words of an event are kept after its consequences were drawn. Stripe has them as long
/// (docs.stripe.com/api/events/list: events of the last 30 days).
pub const TOLD_KEPT: Duration = Duration::days(30);
/// As long as the words of an event are kept of which nobody drew the consequences.
pub const UNHANDLED_KEPT: Duration = Duration::days(180);

/// Forgets the words of events that are old enough, as many as one short statement does. Whether that were all is answered.
pub async fn prune(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<bool> {
    let pruned = sqlx::query!(
        "update payment_events set raw = '' where id in (
             select id from payment_events
             where octet_length(raw) > 0 and (handled_at <= $1 or received_at <= $2)
             order by received_at limit $3 for update skip locked)",
        at - TOLD_KEPT,
        at - UNHANDLED_KEPT,
        PRUNED_AT_ONCE,
    )
    .execute(db)
    .await?;
    Ok(i64::try_from(pruned.rows_affected()).is_ok_and(|pruned| pruned < PRUNED_AT_ONCE))
}

/// An account is erased: what providers told about its payments is forgotten. What is true of them can be asked for again.
pub(crate) async fn forget_told(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "update payment_events set raw = '' where id in (
             select e.id from orders o
             join payment_sessions s on s.order_id = o.id
             join payment_events e on e.provider = s.provider and (e.object_ref in (s.provider_ref, s.payment_ref) or e.payment_ref = s.payment_ref)
             where o.account_id = $1)",
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
