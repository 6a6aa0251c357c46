//! From the worker's side: a picture on its way to object storage, and its small versions.

use sqlx::PgPool;

use super::{Format, ImageState, original_key};
use crate::{Cause, ids::ImageId, jobs::Job};

/// A picture whose bytes are still in Postgres.
#[derive(Debug)]
pub struct Staged {
    /// The encoded picture.
    pub bytes: Vec<u8>,
    /// How it is encoded.
    pub format: Format,
    /// Where it goes.
    pub key: String,
}

/// A picture that is in object storage.
#[derive(Debug)]
pub struct Original {
    /// How it is encoded.
    pub format: Format,
    /// Where it lies.
    pub key: String,
    /// Whether a photograph that somebody brought along is in it.
    pub from_photograph: bool,
}

/// The bytes that are to be stored; nothing if they are stored already or the picture is gone.
pub async fn staged(db: &PgPool, id: ImageId) -> sqlx::Result<Option<Staged>> {
    let row = sqlx::query!(
        r#"select staged_bytes as "bytes!", format as "format: Format" from images where id = $1 and state = 'staged'"#,
        id as ImageId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Staged { bytes: row.bytes, format: row.format, key: original_key(id, row.format) }))
}

/// The picture is in object storage: lets the bytes in Postgres go and has the small versions made. False if the picture
/// is gone, so that what was stored for it must go too.
pub async fn stored(db: &PgPool, cause: &Cause, id: ImageId) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query!(
        "update images set state = 'stored', staged_bytes = null, problem = null where id = $1 and state = 'staged'",
        id as ImageId,
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 1 {
        Job::MakeThumbnails { image_id: id }.enqueue(&mut tx, cause).await?;
    }
    tx.commit().await?;
    exists(db, id).await
}

async fn exists(db: &PgPool, id: ImageId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"select exists (select from images where id = $1) as "exists!""#, id as ImageId)
        .fetch_one(db)
        .await
}

/// The stored picture whose small versions are missing; nothing if there is none.
pub async fn original(db: &PgPool, id: ImageId) -> sqlx::Result<Option<Original>> {
    let row = sqlx::query!(
        r#"select format as "format: Format", state as "state: ImageState",
                  starts_from_photograph(generation_id) as "from_photograph!"
           from images where id = $1 and thumbnail_widths = '{}'"#,
        id as ImageId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.and_then(|row| match row.state {
        ImageState::Stored => Some(Original {
            format: row.format,
            key: original_key(id, row.format),
            from_photograph: row.from_photograph,
        }),
        ImageState::Staged => None,
    }))
}

/// The small versions of these widths lie in object storage, in WebP and JPEG. False if the picture is gone, so that they
/// must go too.
pub async fn thumbnails_made(db: &PgPool, id: ImageId, widths: &[i32]) -> sqlx::Result<bool> {
    sqlx::query!(
        "update images set thumbnail_widths = $2, problem = null where id = $1 and state = 'stored'",
        id as ImageId,
        widths,
    )
    .execute(db)
    .await?;
    exists(db, id).await
}
