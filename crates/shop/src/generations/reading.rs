//! Generations as pages show them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use super::{GenerationState, Quality, Size, Style};
use crate::{
    ids::{AccountId, GenerationId, ImageId, SourceId},
    sources::SourceImage,
};

/// A generation, whole.
#[derive(Debug, Clone, Serialize)]
pub struct Generation {
    /// Which one.
    pub id: GenerationId,
    /// The customer's sentence.
    pub prompt: String,
    /// How it is to look.
    pub style: Style,
    /// Its shape.
    pub size: Size,
    /// How much work goes into it.
    pub quality: Quality,
    /// How many pictures were asked for.
    pub count: i16,
    /// Where it stands.
    pub state: GenerationState,
    /// What the customer reads when no picture came.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it is given up, and its credits go back.
    pub deadline_at: Option<DateTime<Utc>>,
}

/// A sentence that was asked for lately.
#[derive(Debug, Clone)]
pub struct Recent {
    /// The newest generation with it.
    pub id: GenerationId,
    /// The sentence.
    pub prompt: String,
}

/// The picture that a generation of this account started from, if it did from one.
pub async fn source(
    db: &PgPool,
    account_id: AccountId,
    id: GenerationId,
) -> sqlx::Result<Option<SourceImage>> {
    let row = sqlx::query!(
        r#"select source_id as "source_id: SourceId", source_image_id as "image_id: ImageId" from generations
           where id = $1 and account_id = $2"#,
        id as GenerationId,
        account_id as AccountId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| SourceImage::of_columns(row.source_id, row.image_id)))
}

/// A generation of this account. Somebody else's does not exist.
pub async fn find(db: &PgPool, account_id: AccountId, id: GenerationId) -> sqlx::Result<Option<Generation>> {
    sqlx::query_as!(
        Generation,
        r#"select id as "id: GenerationId", prompt, style as "style: Style", size as "size: Size", quality as "quality: Quality", count,
                  state as "state: GenerationState", problem, created_at, deadline_at
           from generations where id = $1 and account_id = $2"#,
        id as GenerationId,
        account_id as AccountId,
    )
    .fetch_optional(db)
    .await
}

/// The last sentences of an account, each once, newest first.
pub async fn recent_prompts(db: &PgPool, account_id: AccountId, limit: i64) -> sqlx::Result<Vec<Recent>> {
    sqlx::query_as!(
        Recent,
        r#"select max(id::text)::uuid as "id!: GenerationId", prompt
           from (select id, prompt from generations where account_id = $1 order by id desc limit 50) latest
           group by prompt order by 1 desc limit $2"#,
        account_id as AccountId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Since when the provider has been asked for the pictures of a generation, if it is being drawn.
pub async fn drawing_since(db: &PgPool, id: GenerationId) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar!(
        "select started_at from provider_calls where generation_id = $1 and state = 'open'",
        id as GenerationId
    )
    .fetch_optional(db)
    .await
}
