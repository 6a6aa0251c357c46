//! Removes what is of no more use, in small batches.

use shop::{
    generations, queue,
    schedules::{self, Upkeep},
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Removes finished jobs with their attempts, and previews that were left behind.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let mut jobs = 0;
    loop {
        let pruned = queue::prune(&at.db, cause.at).await?;
        jobs += pruned.jobs;
        if pruned.is_all {
            break;
        }
    }
    generations::prune_previews(&at.db, cause.at).await?;
    let note = format!("{jobs} finished jobs removed");
    Ok(schedules::ran(&at.db, &context.cause(), Upkeep::Prune, &note).await?)
}
