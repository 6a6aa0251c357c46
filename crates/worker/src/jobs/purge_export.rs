//! Removes the file of an export once it expired.

use std::time::Duration;

use shop::{
    exports::{self, Removal},
    ids::ExportId,
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Removes its object, then says so in its row: a crash between the two leads here again.
pub async fn run(id: ExportId, at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    match exports::removal(&at.db, &cause, id).await? {
        Removal::Due => {
            at.storage.delete(&exports::object_key(id)).await?;
            Ok(exports::removed(&at.db, id).await?)
        }
        Removal::NotBefore(moment) => {
            let after = (moment - cause.at).to_std().unwrap_or(Duration::ZERO);
            Err(JobError::PutOff { reason: "it can still be downloaded".to_owned(), after })
        }
        Removal::Needless => Ok(()),
    }
}
