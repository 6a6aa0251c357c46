//! Removes a deleted picture for good, once it can no longer be restored.

use shop::{ids::ImageId, images};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Removes its objects, then its row: a crash between the two leaves a row that leads here again.
pub async fn run(id: ImageId, at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let Some(keys) = images::purgeable(&at.db, &cause, id).await? else { return Ok(()) };
    for key in keys {
        at.storage.delete(&key).await?;
    }
    Ok(images::purge(&at.db, &cause, id).await?)
}
