//! Compares the ledger with payment providers' books. What differs becomes a finding, and is asked for; so does what they told
//! us, and nothing came of.

use chrono::Duration;
use shop::{
    reconciliation::{self, Books},
    schedules::{self, Upkeep},
};

use crate::{
    payments::judge,
    runner::{Context, JobError},
    services::Services,
};

/// So many days are compared each night.
const DAYS: Duration = Duration::days(7);

/// Compares the last days.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let mut differences = 0;
    for provider in at.payments.all() {
        let seen = match provider.payments(cause.at - DAYS).await {
            Ok(seen) => seen,
            Err(failure) => return Err(judge(at, context, provider.name(), failure).await),
        };
        differences +=
            reconciliation::compare_payments(&at.db, &cause, provider.name(), cause.at - DAYS, &seen).await?;
    }
    let stranded = reconciliation::look_for_stranded_events(&at.db, &cause).await?;
    let now = context.cause();
    reconciliation::conclude(&at.db, &now, cause.at, Books::Payments).await?;
    let note = match stranded {
        0 => format!("{differences} differences"),
        stranded => format!("{differences} differences, {stranded} events that nothing came of"),
    };
    Ok(schedules::ran(&at.db, &now, Upkeep::ReconcilePayments, &note).await?)
}
