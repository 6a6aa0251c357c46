//! Removes a deleted picture for good, once it can no longer be restored.

use std::time::Duration;

use shop::{
    ids::ImageId,
    images::{self, Removal},
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Removes its objects, then its row: a crash between the two leaves a row that leads here again.
pub async fn run(id: ImageId, at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let keys = match images::removal(&at.db, &cause, id).await? {
        Removal::Due(keys) => keys,
        Removal::Needless => return Ok(()),
        Removal::NotBefore(moment) => {
            let after = (moment - cause.at).to_std().unwrap_or(Duration::ZERO);
            return Err(JobError::PutOff {
                reason: "it can still be restored, or an order needs it".to_owned(),
                after,
            });
        }
    };
    for key in keys {
        at.storage.delete(&key).await?;
    }
    Ok(images::remove(&at.db, &cause, id).await?)
}
