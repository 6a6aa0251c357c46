//! What a request starts from, if not from words alone.

use sqlx::{PgPool, PgTransaction};

use super::{SourceState, key};
use crate::{
    Cause,
    ids::{AccountId, GenerationId, ImageId, SourceId},
    images::{self, Format, ImageState},
};

/// A picture that another one starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SourceImage {
    /// The customer brought it along.
    Brought(SourceId),
    /// It was drawn for them.
    Drawn(ImageId),
}

impl SourceImage {
    /// As `generations.source_id` and `generations.source_image_id`.
    pub(crate) fn columns(this: Option<Self>) -> (Option<SourceId>, Option<ImageId>) {
        match this {
            None => (None, None),
            Some(Self::Brought(id)) => (Some(id), None),
            Some(Self::Drawn(id)) => (None, Some(id)),
        }
    }

    /// The reverse of [`SourceImage::columns`].
    pub(crate) fn of_columns(brought: Option<SourceId>, drawn: Option<ImageId>) -> Option<Self> {
        brought.map(Self::Brought).or(drawn.map(Self::Drawn))
    }
}

/// Where the picture is that a request starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Original {
    /// There is none: it starts from words alone.
    None,
    /// In Postgres.
    Bytes {
        /// The encoded picture.
        bytes: Vec<u8>,
        /// How it is encoded.
        format: Format,
        /// Whether the customer brought it along, so that nobody has looked at it.
        is_brought: bool,
    },
    /// In object storage.
    Stored {
        /// Its key.
        key: String,
        /// How it is encoded.
        format: Format,
        /// Whether the customer brought it along, so that nobody has looked at it.
        is_brought: bool,
    },
    /// It was there once.
    Gone,
}

/// What a request starts from.
pub async fn of_generation(db: &PgPool, id: GenerationId) -> sqlx::Result<Original> {
    let request = sqlx::query!(
        r#"select source_id as "source_id: SourceId", source_image_id as "image_id: ImageId" from generations where id = $1"#,
        id as GenerationId,
    )
    .fetch_optional(db)
    .await?;
    let source = request.and_then(|request| SourceImage::of_columns(request.source_id, request.image_id));
    match source {
        None => Ok(Original::None),
        Some(SourceImage::Brought(id)) => brought(db, id).await,
        Some(SourceImage::Drawn(id)) => drawn(db, id).await,
    }
}

async fn brought(db: &PgPool, id: SourceId) -> sqlx::Result<Original> {
    let row = sqlx::query!(
        r#"select state as "state: SourceState", staged_bytes from source_images where id = $1"#,
        id as SourceId,
    )
    .fetch_optional(db)
    .await?;
    let (format, is_brought) = (Format::Jpeg, true);
    Ok(match row.map(|row| (row.state, row.staged_bytes)) {
        Some((SourceState::Staged, Some(bytes))) => Original::Bytes { bytes, format, is_brought },
        Some((SourceState::Stored, _)) => Original::Stored { key: key(id), format, is_brought },
        Some((SourceState::Staged, None) | (SourceState::Removed, _)) | None => Original::Gone,
    })
}

async fn drawn(db: &PgPool, id: ImageId) -> sqlx::Result<Original> {
    let row = sqlx::query!(
        r#"select state as "state: ImageState", staged_bytes, format as "format: Format" from images where id = $1"#,
        id as ImageId,
    )
    .fetch_optional(db)
    .await?;
    let is_brought = false;
    Ok(match row.map(|row| (row.state, row.staged_bytes, row.format)) {
        Some((ImageState::Staged, Some(bytes), format)) => Original::Bytes { bytes, format, is_brought },
        Some((ImageState::Stored, _, format)) => {
            Original::Stored { key: images::original_key(id, format), format, is_brought }
        }
        Some((ImageState::Staged, None, _)) | None => Original::Gone,
    })
}

/// Starts from it, if it is this account's and there. It is kept for longer then.
pub(crate) async fn take_up(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    source: SourceImage,
) -> sqlx::Result<bool> {
    match source {
        SourceImage::Brought(id) => {
            let used = sqlx::query!(
                "update source_images set used_at = $3 where id = $1 and account_id = $2 and state <> 'removed'",
                id as SourceId,
                account_id as AccountId,
                cause.at,
            )
            .execute(&mut **tx)
            .await?;
            Ok(used.rows_affected() == 1)
        }
        SourceImage::Drawn(id) => {
            sqlx::query_scalar!(
                r#"select exists (select from images where id = $1 and account_id = $2 and deleted_at is null) as "usable!""#,
                id as ImageId,
                account_id as AccountId,
            )
            .fetch_one(&mut **tx)
            .await
        }
    }
}
