//! The gallery, as everybody sees it.

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use uuid::Uuid;

use super::{Card, Format, ImageState};
use crate::{
    generations::Style,
    ids::{AccountId, GenerationId, ImageId},
};

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// What was published last.
    Newest,
    /// What most members gave their heart.
    MostLoved,
}

/// A place in the gallery: pictures that were published at the same moment are told apart by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GalleryKey {
    /// How many hearts the last picture of the page had. Means nothing where the newest come first.
    pub loves: i32,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Its id.
    pub id: ImageId,
}

/// A picture in the gallery, on a page of its own.
#[derive(Debug, Clone)]
pub struct Hung {
    /// What shows it.
    pub card: Card,
    /// The sentence.
    pub prompt: String,
    /// Whose it is.
    pub account_id: AccountId,
    /// How it was to look.
    pub style: Style,
    /// When it came.
    pub created_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Whether this viewer gave it their heart.
    pub loved: bool,
    /// Whether the picture that goes with links to it lies in object storage.
    pub has_card: bool,
    /// Whether a photograph that somebody brought along is in it.
    pub from_photograph: bool,
}

/// The end of a picture's id, 16 hexadecimal digits, which names it in the addresses of the gallery.
pub fn short_id(id: ImageId) -> String {
    let (_, low) = id.0.as_u64_pair();
    format!("{low:016x}")
}

/// Before every picture that there is: in 2100.
const START: GalleryKey = GalleryKey {
    loves: i32::MAX,
    published_at: DateTime::from_timestamp_nanos(4_102_444_800_000_000_000),
    id: ImageId(Uuid::max()),
};

/// Published pictures in an order, `limit` of them, after a place if given: those that have all `words` in their title or
/// sentence, or all if there are no words. Each its own statement, since one with `$1 is null or …` cannot promise an index an
/// end. The gallery's first page is the first of them alone. `search_query` stands in a select of its own, so that it is made
/// once and not for every row.
pub async fn gallery(
    db: &PgPool,
    order: Order,
    words: &str,
    after: Option<GalleryKey>,
    limit: i64,
) -> sqlx::Result<Vec<Card>> {
    let place = after.is_some();
    let after = after.unwrap_or(START);
    match (order, words.is_empty()) {
        (Order::Newest, true) if !place => {
        sqlx::query_as!(
            Card,
            r#"select id as "id: ImageId", generation_id as "generation_id: GenerationId", title as caption, width, height,
                      format as "format: Format", state as "state: ImageState", thumbnail_widths, published_at, loves,
                      false as "favourite!"
               from images where visibility = 'published'
               order by published_at desc, id desc limit $1"#,
            limit,
        )
        .fetch_all(db)
        .await
        }
        (Order::Newest, true) => {
        sqlx::query_as!(
            Card,
            r#"select id as "id: ImageId", generation_id as "generation_id: GenerationId", title as caption, width, height,
                      format as "format: Format", state as "state: ImageState", thumbnail_widths, published_at, loves,
                      false as "favourite!"
               from images where visibility = 'published' and (published_at, id) < ($2, $3)
               order by published_at desc, id desc limit $1"#,
            limit,
            after.published_at,
            after.id as ImageId,
        )
        .fetch_all(db)
        .await
        }
        (Order::Newest, false) => {
        sqlx::query_as!(
            Card,
            r#"select id as "id: ImageId", generation_id as "generation_id: GenerationId", title as caption, width, height,
                      format as "format: Format", state as "state: ImageState", thumbnail_widths, published_at, loves,
                      false as "favourite!"
               from images where visibility = 'published' and (published_at, id) < ($2, $3) and words @@ (select search_query($4))
               order by published_at desc, id desc limit $1"#,
            limit,
            after.published_at,
            after.id as ImageId,
            words,
        )
        .fetch_all(db)
        .await
        }
        (Order::MostLoved, true) => {
        sqlx::query_as!(
            Card,
            r#"select id as "id: ImageId", generation_id as "generation_id: GenerationId", title as caption, width, height,
                      format as "format: Format", state as "state: ImageState", thumbnail_widths, published_at, loves,
                      false as "favourite!"
               from images where visibility = 'published' and (loves, published_at, id) < ($2, $3, $4)
               order by loves desc, published_at desc, id desc limit $1"#,
            limit,
            after.loves,
            after.published_at,
            after.id as ImageId,
        )
        .fetch_all(db)
        .await
        }
        (Order::MostLoved, false) => {
        sqlx::query_as!(
            Card,
            r#"select id as "id: ImageId", generation_id as "generation_id: GenerationId", title as caption, width, height,
                      format as "format: Format", state as "state: ImageState", thumbnail_widths, published_at, loves,
                      false as "favourite!"
               from images where visibility = 'published' and (loves, published_at, id) < ($2, $3, $4) and words @@ (select search_query($5))
               order by loves desc, published_at desc, id desc limit $1"#,
            limit,
            after.loves,
            after.published_at,
            after.id as ImageId,
            words,
        )
        .fetch_all(db)
        .await
        }
    }
}

/// A picture that hangs in the gallery, by the end of its id ([`short_id`]).
pub async fn hung(db: &PgPool, viewer: Option<AccountId>, short: &str) -> sqlx::Result<Option<Hung>> {
    let Some((head, tail)) = short.split_at_checked(4).filter(|_| short.len() == 16) else { return Ok(None) };
    let row = sqlx::query!(
        r#"select i.id as "id: ImageId", i.generation_id as "generation_id: GenerationId", i.title, g.prompt, i.width, i.height,
                  i.format as "format: Format", i.state as "state: ImageState", i.thumbnail_widths,
                  i.account_id as "account_id: AccountId", g.style as "style: Style", i.created_at,
                  i.published_at as "published_at!", i.loves, i.has_card,
                  starts_from_photograph(g.id) as "from_photograph!",
                  exists (select from loves l where l.image_id = i.id and l.account_id = $2) as "loved!"
           from images i join generations g on g.id = i.generation_id
           where right(i.id::text, 17) = $1 and i.visibility = 'published'"#,
        format!("{head}-{tail}"),
        viewer as Option<AccountId>,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Hung {
        card: Card {
            id: row.id,
            generation_id: row.generation_id,
            caption: row.title,
            width: row.width,
            height: row.height,
            format: row.format,
            state: row.state,
            thumbnail_widths: row.thumbnail_widths,
            published_at: Some(row.published_at),
            loves: row.loves,
            favourite: false,
        },
        prompt: row.prompt,
        account_id: row.account_id,
        style: row.style,
        created_at: row.created_at,
        published_at: row.published_at,
        loved: row.loved,
        has_card: row.has_card,
        from_photograph: row.from_photograph,
    }))
}
