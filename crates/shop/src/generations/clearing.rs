//! Before anything is spent: is the sentence fit to be drawn?

use sqlx::PgPool;

use super::{drawing::mark_open_calls_ambiguous, fail, news::News};
use crate::{
    Cause, credits,
    ids::{AccountId, GenerationId},
    queue::Claim,
    strikes::{self, Source},
};

/// What the customer reads when the picture that they started from is not there any more.
const SOURCE_GONE: &str = "The picture that you started from was removed before we could draw from it. Nothing was charged. Please choose a picture again.";

/// A sentence that nobody has looked at yet.
#[derive(Debug, Clone)]
pub struct Unchecked {
    /// The sentence.
    pub prompt: String,
    /// Whether pictures of this customer came out before: then a check that cannot be had does not hold them up.
    pub is_trusted: bool,
}

/// The sentence, if it has still to be looked at.
pub async fn unchecked(db: &PgPool, id: GenerationId) -> sqlx::Result<Option<Unchecked>> {
    let row = sqlx::query!(
        r#"select prompt, account_id as "account_id: AccountId" from generations
           where id = $1 and state in ('queued', 'generating') and cleared_at is null"#,
        id as GenerationId,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let is_trusted = sqlx::query_scalar!(
        r#"select exists (select from generations where account_id = $1 and state = 'ready') as "trusted!""#,
        row.account_id as AccountId,
    )
    .fetch_one(db)
    .await?;
    Ok(Some(Unchecked { prompt: row.prompt, is_trusted }))
}

/// It is fit to be drawn.
pub async fn clear(db: &PgPool, cause: &Cause, id: GenerationId) -> sqlx::Result<()> {
    sqlx::query!(
        "update generations set cleared_at = $2 where id = $1 and cleared_at is null",
        id as GenerationId,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// It is not: the request ends with what the customer reads, its credits go back, and the account has a strike. Nothing was
/// asked for. Only the worker that holds the job may say so.
pub async fn turn_down(
    db: &PgPool,
    cause: &Cause,
    claim: &Claim,
    id: GenerationId,
    categories: &str,
    problem: &str,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    if !claim.hold(&mut tx).await? {
        return Ok(());
    }
    // A call of a worker that died may be open: it was made while the check could not be had.
    mark_open_calls_ambiguous(&mut tx, cause, id).await?;
    let refused = sqlx::query_as!(
        News,
        r#"update generations set state = 'refused', problem = $2, finished_at = $3 where id = $1 and state in ('queued', 'generating')
           returning id as "generation_id: GenerationId", account_id as "account_id: AccountId", created_at as asked_at"#,
        id as GenerationId,
        problem,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(news) = refused {
        news.tell_of_failure(&mut tx, cause).await?;
        credits::release(&mut tx, cause, id).await?;
        strikes::record(&mut tx, cause, id, Source::Moderation, categories, None).await?;
    }
    tx.commit().await
}

/// What it starts from is gone: the request ends, and its credits go back. Nothing was asked for. Only the worker that holds the
/// job may say so.
pub async fn source_gone(db: &PgPool, cause: &Cause, claim: &Claim, id: GenerationId) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    if claim.hold(&mut tx).await? {
        fail(&mut tx, cause, id, SOURCE_GONE).await?;
    }
    tx.commit().await
}
