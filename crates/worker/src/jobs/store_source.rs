//! Moves a picture that a customer brought along from Postgres to object storage. Its key depends on its id alone, so that
//! twice is once.

use shop::{ids::SourceId, sources};

use crate::{runner::JobError, services::Services};

/// Stores the picture, unless that was done.
pub async fn run(id: SourceId, at: &Services) -> Result<(), JobError> {
    let Some(staged) = sources::staged(&at.db, id).await? else { return Ok(()) };
    at.storage.put(&staged.key, staged.bytes, sources::MEDIA_TYPE).await?;
    if !sources::stored(&at.db, id).await? {
        // Removed meanwhile, and its object with it: this one came too late for that.
        at.storage.delete(&staged.key).await?;
    }
    Ok(())
}
