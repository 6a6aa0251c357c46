//! Removes a picture that a customer brought along, once nobody has used it for a while.

use std::time::Duration;

use shop::{ids::SourceId, images::Removal, sources};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Removes it, unless it was used lately: then the job waits on.
pub async fn run(id: SourceId, at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    match sources::remove(&at.db, &cause, id).await? {
        Removal::Needless => {}
        Removal::Due(keys) => {
            for key in keys {
                at.storage.delete(&key).await?;
            }
        }
        Removal::NotBefore(moment) => {
            let after = (moment - cause.at).to_std().unwrap_or(Duration::ZERO);
            return Err(JobError::PutOff { reason: "it is still in use".to_owned(), after });
        }
    }
    Ok(())
}
