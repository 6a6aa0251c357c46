//! Makes the small versions of a stored picture, in WebP and JPEG.

use shop::{
    ids::ImageId,
    images::{self, Format, thumbnail_key},
};

use crate::{
    pictures::{provenance::Material, thumbnails},
    runner::JobError,
    services::Services,
};

/// Makes them, unless they are there.
pub async fn run(id: ImageId, at: &Services) -> Result<(), JobError> {
    let Some(original) = images::original(&at.db, id).await? else { return Ok(()) };
    let material = Material::of(&original);
    let bytes = at.storage.get(&original.key).await?;
    let thumbnails =
        tokio::task::spawn_blocking(move || thumbnails::make(&bytes, &images::THUMBNAIL_WIDTHS, material))
            .await?
            // The same bytes will not decode better next time.
            .map_err(|error| JobError::GiveUp(error.to_string()))?;
    let (mut widths, mut keys) = (Vec::new(), Vec::new());
    for thumbnail in thumbnails {
        for (format, bytes) in [(Format::Webp, thumbnail.webp), (Format::Jpeg, thumbnail.jpeg)] {
            let key = thumbnail_key(id, thumbnail.width, format);
            at.storage.put(&key, bytes, format.media_type()).await?;
            keys.push(key);
        }
        widths.push(thumbnail.width);
    }
    if !images::thumbnails_made(&at.db, id, &widths).await? {
        // Removed meanwhile, and its objects with it: these came too late for that.
        for key in keys {
            at.storage.delete(&key).await?;
        }
    }
    Ok(())
}
