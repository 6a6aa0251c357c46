//! The picture that a request starts from. It is fetched before a call is on record: storage that is away costs nothing.

use std::time::Duration;

use bytes::Bytes;
use shop::{
    generations,
    ids::GenerationId,
    images::Format,
    sources::{self, Original},
};

use crate::{
    pictures::provenance::Material,
    providers::openai::SourcePicture,
    runner::{Context, JobError},
    services::Services,
};

/// How long storage that is away is left alone.
const STORAGE_PAUSE: Duration = Duration::from_secs(30);

/// What a request starts from.
pub struct Source {
    picture: Option<SourcePicture>,
    /// Whether nobody has looked at it yet: what was drawn here was looked at by whoever drew it.
    is_foreign: bool,
}

impl Source {
    /// For whoever checks what may be drawn.
    pub fn to_look_at(&self) -> Option<&SourcePicture> {
        self.picture.as_ref().filter(|_| self.is_foreign)
    }

    /// What a picture is made of that starts from it.
    pub fn material(&self) -> Material {
        if self.is_foreign { Material::Photograph } else { Material::Words }
    }

    /// For whoever draws.
    pub fn into_picture(self) -> Option<SourcePicture> {
        self.picture
    }
}

/// Fetches it. Nothing, if it is gone: then the request has ended.
pub async fn fetch(id: GenerationId, at: &Services, context: &Context) -> Result<Option<Source>, JobError> {
    let original = sources::of_generation(&at.db, id).await?;
    let picture = |bytes: Vec<u8>, format: Format| SourcePicture { bytes: Bytes::from(bytes), format };
    let (picture, is_foreign) = match original {
        Original::None => (None, false),
        Original::Bytes { bytes, format, is_brought } => (Some(picture(bytes, format)), is_brought),
        Original::Stored { key, format, is_brought } => {
            // While storage is away nothing is drawn from what lies there, and no try is used up.
            let bytes = at.storage.get(&key).await.map_err(|error| {
                let reason = format!("the picture to start from cannot be had: {error}");
                JobError::PutOff { reason, after: STORAGE_PAUSE }
            })?;
            (Some(picture(bytes, format)), is_brought)
        }
        Original::Gone => {
            generations::source_gone(&at.db, &context.cause(), &context.claim, id).await?;
            return Ok(None);
        }
    };
    Ok(Some(Source { picture, is_foreign }))
}
