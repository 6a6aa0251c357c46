//! Moves a picture from Postgres to object storage. Its key depends on its id alone, so that twice is once.

use shop::{ids::ImageId, images};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Stores the picture, unless that was done.
pub async fn run(id: ImageId, at: &Services, context: &Context) -> Result<(), JobError> {
    let Some(staged) = images::staged(&at.db, id).await? else { return Ok(()) };
    at.storage.put(&staged.key, staged.bytes, staged.format.media_type()).await?;
    if !images::stored(&at.db, &context.cause(), id).await? {
        // Removed meanwhile, and its objects with it: this one came too late for that.
        at.storage.delete(&staged.key).await?;
    }
    Ok(())
}
