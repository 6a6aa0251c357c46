//! Pictures as pages show them.

use chrono::{DateTime, Utc};
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
    /// The sentence.
    pub prompt: String,
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
}

/// A picture on a page of its own.
#[derive(Debug, Clone)]
pub struct Image {
    /// What shows it.
    pub card: Card,
    /// Whose it is.
    pub account_id: AccountId,
    /// Who can see it.
    pub visibility: Visibility,
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

/// A place in the gallery: pictures that were published at the same moment are told apart by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GalleryKey {
    /// When the last picture of the page was published.
    pub published_at: DateTime<Utc>,
    /// Its id.
    pub id: ImageId,
}

/// Published pictures, newest first, `limit` of them, after a place if given.
pub async fn gallery(db: &PgPool, after: Option<GalleryKey>, limit: i64) -> sqlx::Result<Vec<Card>> {
    // Two statements, since one with `$1 is null or …` cannot promise the index an end.
    let Some(after) = after else {
        return sqlx::query_as!(
            Card,
            r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", g.prompt, i.width, i.height,
                      i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths, i.published_at
               from images i join generations g on g.id = i.generation_id
               where i.visibility = 'published' order by i.published_at desc, i.id desc limit $1"#,
            limit,
        )
        .fetch_all(db)
        .await;
    };
    sqlx::query_as!(
        Card,
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", g.prompt, i.width, i.height,
                  i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths, i.published_at
           from images i join generations g on g.id = i.generation_id
           where i.visibility = 'published' and (i.published_at, i.id) < ($1, $2)
           order by i.published_at desc, i.id desc limit $3"#,
        after.published_at,
        after.id as ImageId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The pictures of some generations that were not deleted, in order.
pub async fn of_generations(db: &PgPool, ids: &[GenerationId]) -> sqlx::Result<Vec<Card>> {
    sqlx::query_as!(
        Card,
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", g.prompt, i.width, i.height,
                  i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths, i.published_at
           from images i join generations g on g.id = i.generation_id
           where i.generation_id = any($1) and i.deleted_at is null order by i.generation_id, i.position"#,
        ids as &[GenerationId],
    )
    .fetch_all(db)
    .await
}

/// A picture that this viewer may see: their own, or a published one. Any other does not exist.
pub async fn find(db: &PgPool, viewer: Option<AccountId>, id: ImageId) -> sqlx::Result<Option<Image>> {
    let row = sqlx::query!(
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", g.prompt, i.width, i.height,
                  i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths, i.published_at,
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
            prompt: row.prompt,
            width: row.width,
            height: row.height,
            format: row.format,
            state: row.state,
            thumbnail_widths: row.thumbnail_widths,
            published_at: row.published_at,
        },
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
