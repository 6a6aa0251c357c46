//! News by mail, turned on and off. Whoever holds the link of a letter can turn them off, signed in or not; the link can do
//! nothing else, so that a forwarded letter gives nothing away.

use sqlx::PgPool;
use uuid::Uuid;

/// Whether news are sent to the account of a link; nothing if there is no such account.
pub async fn wants_news(db: &PgPool, unsubscribe_token: Uuid) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!(
        "select mail_when_ready from accounts where unsubscribe_token = $1 and erased_at is null",
        unsubscribe_token,
    )
    .fetch_optional(db)
    .await
}

/// Turns news off for the account of a link. False if there is none. Twice is once.
pub async fn turn_news_off(db: &PgPool, unsubscribe_token: Uuid) -> sqlx::Result<bool> {
    let turned = sqlx::query!(
        "update accounts set mail_when_ready = false where unsubscribe_token = $1 and erased_at is null",
        unsubscribe_token,
    )
    .execute(db)
    .await?;
    Ok(turned.rows_affected() == 1)
}
