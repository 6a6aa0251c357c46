//! Pictures as pages show them.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use super::{Format, ImageState, Visibility};
use crate::{
    generations::{Size, Style},
    ids::{AccountId, GenerationId, ImageId},
};

/// A picture among others: all that is needed to show it.
#[derive(Debug, Clone)]
pub struct Card {
    /// Which one.
    pub id: ImageId,
    /// The request that it came from.
    pub generation_id: GenerationId,
    /// What it is called: its title, or the sentence as long as it has none.
    pub caption: String,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// How the original is encoded.
    pub format: Format,
    /// Where its bytes are.
    pub state: ImageState,
    /// Widths of its small versions, ascending; empty while there are none.
    pub thumbnail_widths: Vec<i32>,
    /// When it was published, if it is.
    pub published_at: Option<DateTime<Utc>>,
    /// How many members gave it their heart.
    pub loves: i32,
    /// Whether it is one that its owner likes best.
    pub favourite: bool,
}

/// A picture on a page of its own.
#[derive(Debug, Clone)]
pub struct Image {
    /// What shows it.
    pub card: Card,
    /// The sentence.
    pub prompt: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// Who can see it.
    pub visibility: Visibility,
    /// What it is called in the gallery; empty if it never was to hang there.
    pub title: String,
    /// Why staff sent it back or took it down, in words for its owner; empty if they did not.
    pub review_note: String,
    /// How it was to look.
    pub style: Style,
    /// Its shape.
    pub size: Size,
    /// What could not be done with it, in words for its owner.
    pub problem: Option<String>,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it was deleted, if it was.
    pub deleted_at: Option<DateTime<Utc>>,
}

/// The pictures of some generations that were not deleted, in order.
pub async fn of_generations(db: &PgPool, ids: &[GenerationId]) -> sqlx::Result<Vec<Card>> {
    sqlx::query_as!(
        Card,
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId",
                  coalesce(nullif(i.title, ''), g.prompt) as "caption!", i.width, i.height, i.format as "format: Format",
                  i.state as "state: ImageState", i.thumbnail_widths, i.published_at, i.loves, i.favourite_at is not null as "favourite!"
           from images i join generations g on g.id = i.generation_id
           where i.generation_id = any($1) and i.deleted_at is null order by i.generation_id, i.position"#,
        ids as &[GenerationId],
    )
    .fetch_all(db)
    .await
}

/// The newest pictures of somebody that were not deleted.
pub async fn newest_of(db: &PgPool, account_id: AccountId, limit: i64) -> sqlx::Result<Vec<Card>> {
    sqlx::query_as!(
        Card,
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId",
                  coalesce(nullif(i.title, ''), g.prompt) as "caption!", i.width, i.height, i.format as "format: Format",
                  i.state as "state: ImageState", i.thumbnail_widths, i.published_at, i.loves, i.favourite_at is not null as "favourite!"
           from generations g join images i on i.generation_id = g.id
           where g.account_id = $1 and i.deleted_at is null order by g.id desc, i.position limit $2"#,
        account_id as AccountId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// How a picture stands to the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Staff are to look at it.
    Waiting,
    /// It hangs there.
    Hung,
    /// Staff sent it back, and said why.
    SentBack,
    /// Staff took it down, and said why.
    TakenDown,
}

/// How the pictures of some generations stand to the gallery; those that have nothing to do with it are left out.
pub async fn standings(db: &PgPool, ids: &[GenerationId]) -> sqlx::Result<HashMap<ImageId, Standing>> {
    let rows = sqlx::query!(
        r#"select id as "id: ImageId", visibility as "visibility: Visibility" from images
           where generation_id = any($1) and deleted_at is null and (visibility <> 'private' or review_note <> '')"#,
        ids as &[GenerationId],
    )
    .fetch_all(db)
    .await?;
    let standing = |visibility| match visibility {
        Visibility::Private => Standing::SentBack,
        Visibility::Submitted => Standing::Waiting,
        Visibility::Published => Standing::Hung,
        Visibility::Hidden => Standing::TakenDown,
    };
    Ok(rows.into_iter().map(|row| (row.id, standing(row.visibility))).collect())
}

/// A picture that this viewer may see: their own, or a published one. Any other does not exist.
pub async fn find(db: &PgPool, viewer: Option<AccountId>, id: ImageId) -> sqlx::Result<Option<Image>> {
    let row = sqlx::query!(
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", g.prompt, i.width, i.height,
                  i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths, i.published_at,
                  i.title, i.review_note, i.loves, i.favourite_at is not null as "favourite!",
                  i.account_id as "account_id: AccountId", i.visibility as "visibility: Visibility",
                  g.style as "style: Style", g.size as "size: Size", i.problem, i.created_at, i.deleted_at
           from images i join generations g on g.id = i.generation_id
           where i.id = $1 and (i.account_id = $2 or i.visibility = 'published')"#,
        id as ImageId,
        viewer as Option<AccountId>,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Image {
        card: Card {
            id: row.id,
            generation_id: row.generation_id,
            caption: if row.title.is_empty() { row.prompt.clone() } else { row.title.clone() },
            width: row.width,
            height: row.height,
            format: row.format,
            state: row.state,
            thumbnail_widths: row.thumbnail_widths,
            published_at: row.published_at,
            loves: row.loves,
            favourite: row.favourite,
        },
        prompt: row.prompt,
        title: row.title,
        review_note: row.review_note,
        account_id: row.account_id,
        visibility: row.visibility,
        style: row.style,
        size: row.size,
        problem: row.problem,
        created_at: row.created_at,
        deleted_at: row.deleted_at,
    }))
}

/// The bytes of a picture that is not yet in object storage, for a viewer who may see it.
pub async fn staged_bytes(
    db: &PgPool,
    viewer: Option<AccountId>,
    id: ImageId,
) -> sqlx::Result<Option<(Vec<u8>, Format)>> {
    let row = sqlx::query!(
        r#"select staged_bytes as "bytes!", format as "format: Format" from images
           where id = $1 and state = 'staged' and (account_id = $2 or visibility = 'published')"#,
        id as ImageId,
        viewer as Option<AccountId>,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.bytes, row.format)))
}

/// The format of a picture in object storage that waits for staff to look at it.
pub async fn submitted_format(db: &PgPool, id: ImageId) -> sqlx::Result<Option<Format>> {
    sqlx::query_scalar!(
        r#"select format as "format: Format" from images where id = $1 and state = 'stored' and visibility = 'submitted'"#,
        id as ImageId,
    )
    .fetch_optional(db)
    .await
}

/// The bytes of such a picture that waits for staff to look at it.
pub async fn submitted_bytes(db: &PgPool, id: ImageId) -> sqlx::Result<Option<(Vec<u8>, Format)>> {
    let row = sqlx::query!(
        r#"select staged_bytes as "bytes!", format as "format: Format" from images
           where id = $1 and state = 'staged' and visibility = 'submitted'"#,
        id as ImageId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.bytes, row.format)))
}
