//! The picture that goes with links to one in the gallery, where people share it.

use sqlx::PgPool;

use super::{Format, ImageState, Original, Visibility, original_key};
use crate::ids::ImageId;

/// The key of it in object storage.
pub fn card_key(id: ImageId) -> String {
    format!("images/{id}/card.jpg")
}

/// What it is to be made from.
#[derive(Debug)]
pub enum CardSource {
    /// The original, from object storage.
    Stored(Original),
    /// The original, which is still on its way there.
    Staged,
    /// It is there already, or the picture does not hang in the gallery any more.
    Needless,
}

/// What it is to be made from.
pub async fn card_source(db: &PgPool, id: ImageId) -> sqlx::Result<CardSource> {
    let row = sqlx::query!(
        r#"select format as "format: Format", state as "state: ImageState", starts_from_photograph(generation_id) as "from_photograph!"
           from images where id = $1 and visibility = $2 and not has_card"#,
        id as ImageId,
        Visibility::Published as Visibility,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map_or(CardSource::Needless, |row| match row.state {
        ImageState::Stored => CardSource::Stored(Original {
            format: row.format,
            key: original_key(id, row.format),
            from_photograph: row.from_photograph,
        }),
        ImageState::Staged => CardSource::Staged,
    }))
}

/// It lies in object storage. False if the picture is gone, so that it must go too.
pub async fn card_made(db: &PgPool, id: ImageId) -> sqlx::Result<bool> {
    let made =
        sqlx::query!("update images set has_card = true where id = $1", id as ImageId).execute(db).await?;
    Ok(made.rows_affected() == 1)
}
