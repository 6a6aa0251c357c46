//! Browsers that are signed in. The cookie holds a random value, the table only its sha256.

use chrono::{DateTime, Duration, Utc};
use sqlx::PgPool;

use crate::{Cause, accounts::Role, ids::AccountId};

/// A session ends when it was not used for so long (OWASP ASVS 5.0, 7.3.1).
pub const IDLE_LIMIT: Duration = Duration::days(14);
/// A session ends so long after signing in, used or not (OWASP ASVS 5.0, 7.3.2).
pub const ABSOLUTE_LIMIT: Duration = Duration::days(60);
/// Use is written down at most so often.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// sha256 of a session cookie's value.
pub type IdHash = [u8; 32];

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The account.
    pub account_id: AccountId,
    /// Its address, for the header of every page.
    pub email: String,
    /// What it may do.
    pub role: Role,
}

/// Begins a session for an account; `id_hash` comes from a fresh random value that no browser had before.
pub async fn begin(db: &PgPool, cause: &Cause, account_id: AccountId, id_hash: &IdHash) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into sessions (id_hash, account_id, created_at, last_seen_at) values ($1, $2, $3, $3)",
        id_hash.as_slice(),
        account_id as AccountId,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Who is signed in with this cookie, unless the session ended or ran out.
pub async fn visitor(db: &PgPool, id_hash: &IdHash, at: DateTime<Utc>) -> sqlx::Result<Option<Visitor>> {
    let row = sqlx::query!(
        r#"select a.id as "account_id: AccountId", a.email, a.role as "role: Role", s.last_seen_at
           from sessions s join accounts a on a.id = s.account_id
           where s.id_hash = $1 and s.last_seen_at > $2 and s.created_at > $3"#,
        id_hash.as_slice(),
        at - IDLE_LIMIT,
        at - ABSOLUTE_LIMIT,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_seen_at < at - TOUCH_EVERY {
        sqlx::query!("update sessions set last_seen_at = $2 where id_hash = $1", id_hash.as_slice(), at)
            .execute(db)
            .await?;
    }
    Ok(Some(Visitor { account_id: row.account_id, email: row.email, role: row.role }))
}

/// Ends a session. Ending one that is over already is no error.
pub async fn end(db: &PgPool, id_hash: &IdHash) -> sqlx::Result<()> {
    sqlx::query!("delete from sessions where id_hash = $1", id_hash.as_slice()).execute(db).await?;
    Ok(())
}
