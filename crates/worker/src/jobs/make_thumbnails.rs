//! Makes the small versions of a stored picture, in WebP and JPEG.

use shop::{
    ids::ImageId,
    images::{self, Format, thumbnail_key},
};

use crate::{pictures::thumbnails, runner::JobError, services::Services};

/// Makes them, unless they are there.
pub async fn run(id: ImageId, at: &Services) -> Result<(), JobError> {
    let Some(original) = images::original(&at.db, id).await? else { return Ok(()) };
    let bytes = at.storage.get(&original.key).await?;
    let thumbnails = tokio::task::spawn_blocking(move || thumbnails::make(&bytes, &images::THUMBNAIL_WIDTHS))
        .await?
        // The same bytes will not decode better next time.
        .map_err(|error| JobError::GiveUp(error.to_string()))?;
    let mut widths = Vec::with_capacity(thumbnails.len());
    for thumbnail in thumbnails {
        for (format, bytes) in [(Format::Webp, thumbnail.webp), (Format::Jpeg, thumbnail.jpeg)] {
            at.storage.put(&thumbnail_key(id, thumbnail.width, format), bytes, format.media_type()).await?;
        }
        widths.push(thumbnail.width);
    }
    Ok(images::thumbnails_made(&at.db, id, &widths).await?)
}
