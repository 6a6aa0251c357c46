//! Makes the picture that goes with links to one in the gallery.

use std::time::Duration;

use shop::{
    ids::ImageId,
    images::{self, CardSource, Format, card_key},
};

use crate::{
    pictures::{cards, provenance::Material},
    runner::JobError,
    services::Services,
};

/// How long until a picture that is still on its way to storage is looked for again.
const UNTIL_STORED: Duration = Duration::from_secs(5);

/// Makes it, unless it is there or nobody shares the picture any more.
pub async fn run(id: ImageId, at: &Services) -> Result<(), JobError> {
    let original = match images::card_source(&at.db, id).await? {
        CardSource::Stored(original) => original,
        CardSource::Staged => {
            let reason = "the picture is not in object storage yet".to_owned();
            return Err(JobError::PutOff { reason, after: UNTIL_STORED });
        }
        CardSource::Needless => return Ok(()),
    };
    let material = Material::of(&original);
    let bytes = at.storage.get(&original.key).await?;
    let card = tokio::task::spawn_blocking(move || cards::make(&bytes, material))
        .await?
        // The same bytes will not decode better next time.
        .map_err(|error| JobError::GiveUp(error.to_string()))?;
    let key = card_key(id);
    at.storage.put(&key, card, Format::Jpeg.media_type()).await?;
    if !images::card_made(&at.db, id).await? {
        // Removed meanwhile, and its objects with it: this came too late for that.
        at.storage.delete(&key).await?;
    }
    Ok(())
}
