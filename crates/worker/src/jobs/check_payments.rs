//! Asks after payments of which nothing was heard for a while, and ends orders that nobody pays.

use shop::{
    payments,
    schedules::{self, Upkeep},
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Looks after all of them.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let checked = payments::check(&at.db, &context.cause()).await?;
    let note = format!(
        "{} asked after, {} events tried again, {} pages given up, {} orders ended",
        checked.read, checked.events, checked.unopened, checked.expired
    );
    Ok(schedules::ran(&at.db, &context.cause(), Upkeep::CheckPayments, &note).await?)
}
