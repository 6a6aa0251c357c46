//! Ends what was not drawn in the promised time; the credits go back.

use shop::{
    generations,
    schedules::{self, Upkeep},
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Ends what is overdue, to the last one.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let mut ended = 0;
    loop {
        let more = generations::expire_overdue(&at.db, &context.cause()).await?;
        if more == 0 {
            break;
        }
        ended += more;
    }
    let note = format!("{ended} ended");
    Ok(schedules::ran(&at.db, &context.cause(), Upkeep::ExpireGenerations, &note).await?)
}
