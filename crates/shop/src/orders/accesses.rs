//! Links in mails that show an order to whoever has them, and asking for one.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause, PRUNED_AT_ONCE,
    carts::BrowserHash,
    ids::{AccountId, OrderId},
    mails::{self, Letter},
    tokens::TokenHash,
};

/// How long a link leads to its order: as long as a receipt is looked up again. A new one can be asked for at any time.
pub const ACCESS_LASTS: Duration = Duration::days(180);

/// Makes a link good. Only the hash of what it carries is kept.
pub(crate) async fn grant(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: OrderId,
    token: &TokenHash,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into order_accesses (token_hash, order_id, created_at) values ($1, $2, $3)
         on conflict (token_hash) do nothing",
        token.as_slice(),
        id as OrderId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Somebody followed a link: from now on their browser sees the order. False if the link is not good for it. The same again
/// changes nothing, so that it does not matter which programs open links before people do.
pub async fn follow(
    db: &PgPool,
    cause: &Cause,
    id: OrderId,
    token: &TokenHash,
    browser: &BrowserHash,
) -> sqlx::Result<bool> {
    let followed = sqlx::query!(
        "with good as (select order_id from order_accesses where token_hash = $1 and order_id = $2 and created_at > $3),
              kept as (insert into order_viewers (order_id, browser_hash, created_at)
                       select order_id, $4, $5 from good on conflict do nothing)
         select order_id from good",
        token.as_slice(),
        id as OrderId,
        cause.at - ACCESS_LASTS,
        browser.as_slice(),
        cause.at,
    )
    .fetch_optional(db)
    .await?;
    Ok(followed.is_some())
}

/// Forgets links that lead nowhere any more, as many as one short statement does. Returns how many there were.
pub async fn prune_accesses(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<u64> {
    let pruned = sqlx::query!(
        "delete from order_accesses where token_hash in (
             select token_hash from order_accesses where created_at <= $1
             order by created_at limit $2 for update skip locked)",
        at - ACCESS_LASTS,
        PRUNED_AT_ONCE,
    )
    .execute(db)
    .await?;
    Ok(pruned.rows_affected())
}

/// Mails a way to the order with this number, if it was placed with this address. Whether there is one is not told.
pub async fn ask_for_link(db: &PgPool, cause: &Cause, number: i64, email: &str) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let order = sqlx::query!(
        r#"select id as "id: OrderId", account_id as "account_id: AccountId", email from orders
           where number = $1 and lower(email) = lower($2) and email <> ''"#,
        number,
        email,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(order) = order {
        let letter = Letter::OrderLink { order_id: order.id };
        let key = format!("order-link:{}:{}", order.id, cause.at.timestamp_micros());
        mails::write(&mut tx, cause, order.account_id, &order.email, &letter, &key).await?;
    }
    tx.commit().await
}
