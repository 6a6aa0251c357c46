//! Links in mails that let somebody do one thing, once. The link carries 256 random bits; the table knows their sha256.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{Cause, PRUNED_AT_ONCE, ids::AccountId};

/// sha256 of what a link carries.
pub type TokenHash = [u8; 32];

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::Type, strum::VariantArray, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    /// Proves the address of a new account.
    VerifyEmail,
    /// Chooses a new password.
    ResetPassword,
    /// Moves the account to the address that the link was sent to.
    ConfirmNewEmail,
}

impl Purpose {
    /// How long after it was sent a link is good.
    pub fn lifetime(self) -> Duration {
        match self {
            Self::VerifyEmail => Duration::days(2),
            Self::ResetPassword => Duration::hours(1),
            Self::ConfirmNewEmail => Duration::days(1),
        }
    }
}

/// A link that can still be used.
#[derive(Debug, Clone)]
pub struct Token {
    /// Whose account it is about.
    pub account_id: AccountId,
    /// The address that it was sent to.
    pub email: String,
    /// The browser that asked for it, by the hash of its session cookie.
    pub browser_hash: Option<Vec<u8>>,
    /// The path to go on to; empty if there is none.
    pub next: String,
}

/// What a new link is about.
pub(crate) struct Issued<'a> {
    pub account_id: AccountId,
    pub purpose: Purpose,
    pub email: &'a str,
    /// In hex.
    pub browser: Option<&'a str>,
    pub next: &'a str,
}

/// Makes a link good.
pub(crate) async fn issue(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    token: &TokenHash,
    issued: &Issued<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into account_tokens (id_hash, account_id, purpose, email, browser_hash, next, created_at, expires_at)
         values ($1, $2, $3, $4, decode($5, 'hex'), $6, $7, $8)",
        token.as_slice(),
        issued.account_id as AccountId,
        issued.purpose as Purpose,
        issued.email,
        issued.browser,
        issued.next,
        cause.at,
        cause.at + issued.purpose.lifetime(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What a link is about, if it is good for this purpose: it was not used, and did not run out.
pub async fn find(
    db: &PgPool,
    at: DateTime<Utc>,
    purpose: Purpose,
    token: &TokenHash,
) -> sqlx::Result<Option<Token>> {
    sqlx::query_as!(
        Token,
        r#"select account_id as "account_id: AccountId", email, browser_hash, next from account_tokens
           where id_hash = $1 and purpose = $2 and spent_at is null and expires_at > $3"#,
        token.as_slice(),
        purpose as Purpose,
        at,
    )
    .fetch_optional(db)
    .await
}

/// Uses a link up, and with it every other link of this account for the same purpose. Two at once: one of them gets it.
pub(crate) async fn spend(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    purpose: Purpose,
    token: &TokenHash,
) -> sqlx::Result<Option<Token>> {
    let spent = sqlx::query_as!(
        Token,
        r#"update account_tokens set spent_at = $3
           where id_hash = $1 and purpose = $2 and spent_at is null and expires_at > $3
           returning account_id as "account_id: AccountId", email, browser_hash, next"#,
        token.as_slice(),
        purpose as Purpose,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(token) = &spent {
        spend_all(tx, cause, purpose, token.account_id).await?;
    }
    Ok(spent)
}

/// Makes every link of an account for a purpose useless.
pub(crate) async fn spend_all(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    purpose: Purpose,
    account_id: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update account_tokens set spent_at = $3 where account_id = $1 and purpose = $2 and spent_at is null",
        account_id as AccountId,
        purpose as Purpose,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets links that ran out, used or not; as many as one short statement does. Returns how many there were.
pub async fn prune(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<u64> {
    let pruned = sqlx::query!(
        "delete from account_tokens where id_hash in (
             select id_hash from account_tokens where expires_at <= $1 order by expires_at limit $2
             for update skip locked)",
        at,
        PRUNED_AT_ONCE,
    )
    .execute(db)
    .await?;
    Ok(pruned.rows_affected())
}
