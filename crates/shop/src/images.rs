//! Pictures: staged (bytes in Postgres) → stored (in object storage). In the gallery: private → submitted → published, or back
//! to private with a note; hidden once staff took it down.

mod cards;
mod deletion;
mod favourites;
mod gallery;
mod loves;
mod publishing;
mod reading;
mod reports;
mod reviewing;
mod storing;
mod titles;

use serde::Serialize;

pub use cards::{CardSource, card_key, card_made, card_source};
pub(crate) use deletion::remove_all;
pub use deletion::{RESTORABLE_FOR, Removal, delete, removal, remove, restore};
pub use favourites::set_favourite;
pub use gallery::{GalleryKey, Hung, Order, gallery, hung, short_id};
pub(crate) use loves::forget_opinions;
pub use loves::set_loved;
pub use publishing::{SubmissionError, submit, withdraw};
pub use reading::{
    Card, Image, Standing, find, newest_of, of_generations, staged_bytes, standings, submitted_bytes,
    submitted_format,
};
pub use reports::{REPORT_WORDS_MAX, Report, ReportError, ReportReason, ReportVerdict, report};
pub use reviewing::{
    NOTE_MAX, Outcome, ReviewCounts, ReviewList, Reviewable, Verdict, review, review_counts, review_list,
};
pub use storing::{Original, Staged, original, staged, stored, thumbnails_made};
pub use titles::{TITLE_MAX, TitleError, check_title, first_words, suggested_title};

use crate::ids::ImageId;

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
