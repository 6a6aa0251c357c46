//! Removes what is of no more use, in small batches.

use shop::{
    carts, generations, orders, payments, queue,
    schedules::{self, Upkeep},
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Removes finished jobs with their attempts, previews that were left behind, carts that nobody comes back for, links to
/// orders that lead nowhere any more, and the words of what payment providers told us.
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
    carts::prune(&at.db, cause.at).await?;
    orders::prune_accesses(&at.db, cause.at).await?;
    while !payments::prune(&at.db, cause.at).await? {}
    let note = format!("{jobs} finished jobs removed");
    Ok(schedules::ran(&at.db, &context.cause(), Upkeep::Prune, &note).await?)
}
