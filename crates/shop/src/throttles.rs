//! Limits on how often something may be done, shared by all web processes: the generic cell rate algorithm (ITU-T I.371
//! annex A), which needs one moment for each subject.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::PRUNED_AT_ONCE;

/// How much is allowed: `burst` at once, and one more every `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Names the row. Never reuse a name for another meaning.
    pub rule: &'static str,
    /// How many at once.
    pub burst: u32,
    /// How long it takes until one of them is free again.
    pub every: Duration,
}

/// Takes one from what is left for a subject, whose capitals do not matter: they are folded as Postgres does when it looks for
/// an account, so that no spelling of an address is another subject. Only its sha256 is kept: addresses and networks are
/// nobody's business. `Err` holds how long to wait until there is one again; asking too early costs
/// nothing, so that a client that keeps hammering is not shut out for ever.
pub async fn take(
    db: &PgPool,
    at: DateTime<Utc>,
    limit: Limit,
    subject: &str,
) -> sqlx::Result<Result<(), Duration>> {
    let every = limit.every.as_secs_f64();
    let taken = sqlx::query_scalar!(
        r#"insert into throttles as t (rule, subject, free_at) values ($1, sha256(convert_to(lower($2), 'utf8')), $3::timestamptz + make_interval(secs => $4))
           on conflict (rule, subject) do update set free_at = greatest(t.free_at, $3) + make_interval(secs => $4)
           where greatest(t.free_at, $3) + make_interval(secs => $4) <= $3 + make_interval(secs => $4 * $5)
           returning true as "taken!""#,
        limit.rule,
        subject,
        at,
        every,
        f64::from(limit.burst),
    )
    .fetch_optional(db)
    .await?;
    if taken.is_some() {
        return Ok(Ok(()));
    }
    let free_at = sqlx::query_scalar!(
        "select free_at from throttles where rule = $1 and subject = sha256(convert_to(lower($2), 'utf8'))",
        limit.rule,
        subject,
    )
    .fetch_optional(db)
    .await?;
    let full = limit.every.saturating_mul(limit.burst.saturating_sub(1));
    let wait = free_at.and_then(|free_at| (free_at - at).to_std().ok()).unwrap_or_default();
    Ok(Err(wait.saturating_sub(full)))
}

/// Gives a subject everything back, as after a sign-in that was right.
pub async fn forgive(db: &PgPool, limit: Limit, subject: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from throttles where rule = $1 and subject = sha256(convert_to(lower($2), 'utf8'))",
        limit.rule,
        subject,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Forgets subjects that have everything back; as many as one short statement does. Returns how many there were.
pub async fn prune(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<u64> {
    let pruned = sqlx::query!(
        "delete from throttles where (rule, subject) in (
             select rule, subject from throttles where free_at <= $1 order by free_at limit $2 for update skip locked)",
        at,
        PRUNED_AT_ONCE,
    )
    .execute(db)
    .await?;
    Ok(pruned.rows_affected())
}
