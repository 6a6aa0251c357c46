//! Pictures: staged (bytes in Postgres) → stored (in object storage); seen by their owner, or published.

mod deletion;
mod reading;
mod storing;

use serde::Serialize;

pub(crate) use deletion::remove_all;
pub use deletion::{RESTORABLE_FOR, Removal, delete, removal, remove, restore};
pub use reading::{Card, GalleryKey, Image, find, gallery, of_generations, staged_bytes};
pub use storing::{Original, Staged, original, staged, stored, thumbnails_made};

use crate::{
    StaleTransition,
    ids::{AccountId, ImageId},
};

/// Where a picture's bytes are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ImageState {
    /// In Postgres.
    Staged,
    /// In object storage.
    Stored,
}

/// Who can see a picture.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Visibility {
    /// Its owner.
    Private,
    /// Its owner, and staff who are to decide about the gallery.
    Submitted,
    /// Everybody.
    Published,
    /// Its owner; staff took it out of the gallery.
    Hidden,
}

/// How a picture is encoded.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP.
    Webp,
}

impl Format {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// The ending of a file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Webp => "webp",
        }
    }
}

/// Widths in pixels of the small versions; one that is not smaller than the original is left out.
pub const THUMBNAIL_WIDTHS: [i32; 3] = [320, 640, 960];

/// The key of the picture as the provider made it, in object storage.
pub fn original_key(id: ImageId, format: Format) -> String {
    format!("images/{id}/original.{}", format.extension())
}

/// Where all objects of a picture lie, and no others.
pub fn folder(id: ImageId) -> String {
    format!("images/{id}/")
}

/// The key of a small version.
pub fn thumbnail_key(id: ImageId, width: i32, format: Format) -> String {
    format!("images/{id}/{width}.{}", format.extension())
}

/// Shows a picture to everybody, or to its owner alone again. One that staff hid stays hidden.
pub async fn set_published(
    db: &sqlx::PgPool,
    cause: &crate::Cause,
    account_id: AccountId,
    id: ImageId,
    published: bool,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let (to, published_at) =
        if published { (Visibility::Published, Some(cause.at)) } else { (Visibility::Private, None) };
    let moved = sqlx::query!(
        "update images set visibility = $3, published_at = coalesce(case when $3 = 'published' then published_at end, $4)
         where id = $1 and account_id = $2 and deleted_at is null and visibility in ('private', 'submitted', 'published')",
        id as ImageId,
        account_id as AccountId,
        to as Visibility,
        published_at,
    )
    .execute(db)
    .await?;
    Ok(if moved.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Tells the owner what could not be done with a picture.
pub(crate) async fn report_problem(
    tx: &mut sqlx::PgTransaction<'_>,
    id: ImageId,
    problem: &str,
) -> sqlx::Result<()> {
    sqlx::query!("update images set problem = $2 where id = $1", id as ImageId, problem)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
