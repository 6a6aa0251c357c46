//! Carts that nobody comes back for.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgPool;

use crate::PRUNED_AT_ONCE;

/// A guest's cart is kept so long after its last change, as the cookie is; and so is an account's with nothing in it.
pub const IDLE_LIMIT: Duration = Duration::days(60);

/// Forgets carts that nobody comes back for; as many as one short statement does. Returns how many there were.
pub async fn prune(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<u64> {
    let pruned = sqlx::query!(
        "delete from carts where id in (
             select c.id from carts c
             where c.updated_at <= $1 and (c.token_hash is not null or not exists (select from cart_lines l where l.cart_id = c.id))
                   and not exists (select from orders o where o.cart_id = c.id and o.status = 'pending_payment')
             order by c.updated_at limit $2 for update skip locked)",
        at - IDLE_LIMIT,
        PRUNED_AT_ONCE,
    )
    .execute(db)
    .await?;
    Ok(pruned.rows_affected())
}
