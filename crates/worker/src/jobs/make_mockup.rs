//! Draws what a thing will look like with a picture on it.

use std::time::Duration;

use shop::{
    ids::MockupId,
    images::Format,
    mockups::{self, MockupSource, mockup_key},
};

use crate::{
    pictures::{mockups as drawing, provenance::Material},
    runner::{Context, JobError},
    services::Services,
};

/// How long until a picture that is still on its way to storage is looked for again.
const UNTIL_STORED: Duration = Duration::from_secs(5);

/// Draws it, unless it is there or the picture is gone.
pub async fn run(id: MockupId, at: &Services, context: &Context) -> Result<(), JobError> {
    let (original, look) = match mockups::source(&at.db, id).await? {
        MockupSource::Stored(original, look) => (original, look),
        MockupSource::Staged => {
            let reason = "the picture is not in object storage yet".to_owned();
            return Err(JobError::PutOff { reason, after: UNTIL_STORED });
        }
        MockupSource::Needless => return Ok(()),
    };
    let material = Material::of(&original);
    let bytes = at.storage.get(&original.key).await?;
    let mockup = tokio::task::spawn_blocking(move || drawing::make(&bytes, &look, material))
        .await?
        // The same bytes will not decode better next time.
        .map_err(|error| JobError::GiveUp(error.to_string()))?;
    for (format, bytes) in [(Format::Webp, mockup.webp), (Format::Jpeg, mockup.jpeg)] {
        at.storage.put(&mockup_key(id, format), bytes, format.media_type()).await?;
    }
    if !mockups::made(&at.db, &context.cause(), id).await? {
        // The picture was deleted meanwhile: what shows it goes with it.
        for format in [Format::Webp, Format::Jpeg] {
            at.storage.delete(&mockup_key(id, format)).await?;
        }
    }
    Ok(())
}
