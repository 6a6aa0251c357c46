//! Strikes as staff see them.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::{Source, Verdict, WINDOW};
use crate::{
    ids::{AccountId, GenerationId, StrikeId},
    sources::{self, Original},
};

/// A strike, as staff see it.
#[derive(Debug, Clone)]
pub struct Strike {
    /// Which one.
    pub id: StrikeId,
    /// Whose.
    pub account_id: AccountId,
    /// Their address.
    pub email: String,
    /// Whether nothing is drawn for them until staff have looked.
    pub in_review: bool,
    /// The request.
    pub generation_id: GenerationId,
    /// The sentence.
    pub prompt: String,
    /// Whether a picture that the customer brought along belongs to it, and is still there: it may be what was turned down.
    pub has_picture: bool,
    /// Who turned it down.
    pub source: Source,
    /// The word that matched, or the categories that were named.
    pub detail: String,
    /// Of the list that matched.
    pub blocklist_version: Option<i32>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// What staff made of it.
    pub verdict: Option<Verdict>,
    /// How many strikes of theirs count at the moment.
    pub counting: i64,
}

/// An account for which nothing is drawn until staff have looked.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// Which one.
    pub account_id: AccountId,
    /// Its address.
    pub email: String,
    /// Since when.
    pub since: DateTime<Utc>,
    /// How many strikes of theirs count at the moment.
    pub counting: i64,
}

/// What staff have not decided yet, those of accounts in review first, then the oldest. Who left is judged no more.
pub async fn undecided(db: &PgPool, at: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Strike>> {
    sqlx::query_as!(
        Strike,
        r#"select s.id as "id: StrikeId", s.account_id as "account_id: AccountId", a.email, a.review_since is not null as "in_review!",
                  s.generation_id as "generation_id: GenerationId", g.prompt, s.source as "source: Source", s.detail,
                  s.blocklist_version, s.created_at, s.verdict as "verdict: Verdict",
                  counting_strikes(s.account_id, $1) as "counting!", coalesce(b.state <> 'removed', false) as "has_picture!"
           from strikes s join accounts a on a.id = s.account_id join generations g on g.id = s.generation_id
                left join source_images b on b.id = g.source_id
           where s.verdict is null and a.erased_at is null order by a.review_since is null, s.created_at, s.id limit $2"#,
        at - WINDOW,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The strikes of an account, newest first.
pub async fn of_account(
    db: &PgPool,
    at: DateTime<Utc>,
    account_id: AccountId,
    limit: i64,
) -> sqlx::Result<Vec<Strike>> {
    sqlx::query_as!(
        Strike,
        r#"select s.id as "id: StrikeId", s.account_id as "account_id: AccountId", a.email, a.review_since is not null as "in_review!",
                  s.generation_id as "generation_id: GenerationId", g.prompt, s.source as "source: Source", s.detail,
                  s.blocklist_version, s.created_at, s.verdict as "verdict: Verdict",
                  counting_strikes(s.account_id, $1) as "counting!", coalesce(b.state <> 'removed', false) as "has_picture!"
           from strikes s join accounts a on a.id = s.account_id join generations g on g.id = s.generation_id
                left join source_images b on b.id = g.source_id
           where s.account_id = $2 order by s.created_at desc, s.id desc limit $3"#,
        at - WINDOW,
        account_id as AccountId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Accounts in review, those that wait longest first.
pub async fn in_review(db: &PgPool, at: DateTime<Utc>, limit: i64) -> sqlx::Result<Vec<Reviewed>> {
    sqlx::query_as!(
        Reviewed,
        r#"select a.id as "account_id: AccountId", a.email, a.review_since as "since!",
                  counting_strikes(a.id, $1) as "counting!"
           from accounts a where a.review_since is not null and a.erased_at is null order by a.review_since, a.id limit $2"#,
        at - WINDOW,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The picture that belongs to a strike: one that the customer brought along, of somebody who did not leave. Any other is none
/// of the business of whoever judges.
pub async fn source(db: &PgPool, id: StrikeId) -> sqlx::Result<Original> {
    let generation = sqlx::query_scalar!(
        r#"select g.id as "id: GenerationId" from strikes s join generations g on g.id = s.generation_id join accounts a on a.id = s.account_id
           where s.id = $1 and g.source_id is not null and a.erased_at is null"#,
        id as StrikeId,
    )
    .fetch_optional(db)
    .await?;
    match generation {
        Some(id) => sources::of_generation(db, id).await,
        None => Ok(Original::None),
    }
}
