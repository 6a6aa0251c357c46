//! Asks payment providers for what they could not tell us.

use chrono::Duration;
use shop::{
    payments::{self, Told},
    schedules::{self, Upkeep},
};

use crate::{
    payments::judge,
    runner::{Context, JobError},
    services::Services,
};

/// The first time, we look back so far.
const AT_FIRST: Duration = Duration::days(3);
/// What happened so long before the last time may have been on its way then.
const OVERLAP: Duration = Duration::hours(1);

/// Fetches what is missing. What was told before is known by its name.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let last = schedules::last_done(&at.db, Upkeep::FetchPaymentEvents).await?;
    let since = last.map_or(cause.at - AT_FIRST, |last| last - OVERLAP);
    let (mut missed, mut new) = (0, 0);
    for provider in at.payments.all() {
        let events = match provider.missed(since).await {
            Ok(events) => events,
            Err(failure) => return Err(judge(at, context, provider.name(), failure).await),
        };
        for event in events {
            let told = Told {
                provider: provider.name(),
                reference: &event.reference,
                kind: &event.kind,
                object_ref: &event.object_ref,
                payment_ref: event.payment_ref.as_deref(),
                session_id: event.session_id,
                occurred_at: event.occurred_at,
                raw: &event.raw,
                was_fetched: true,
            };
            missed += 1;
            new += i32::from(payments::receive(&at.db, &cause, &told).await?);
        }
    }
    let note = format!("{missed} not delivered, {new} of them new to us");
    Ok(schedules::ran(&at.db, &context.cause(), Upkeep::FetchPaymentEvents, &note).await?)
}
