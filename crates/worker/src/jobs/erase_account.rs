//! Takes the person out of an account whose time has come. Files of pictures and exports go by jobs of their own.

use std::time::Duration;

use shop::{
    accounts::{self, Erasure},
    ids::AccountId,
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Erases it, unless its owner thought better of it. One that was scheduled anew meanwhile is not due yet.
pub async fn run(id: AccountId, at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    match accounts::erase(&at.db, &cause, id).await? {
        Erasure::Done | Erasure::Needless => Ok(()),
        Erasure::OfStaff => Err(JobError::GiveUp("somebody works for the shop with this account".to_owned())),
        Erasure::NotBefore(moment) => {
            let after = (moment - cause.at).to_std().unwrap_or(Duration::ZERO);
            Err(JobError::PutOff {
                reason: "its owner can still think better of it, or money of theirs is on its way".to_owned(),
                after,
            })
        }
    }
}
