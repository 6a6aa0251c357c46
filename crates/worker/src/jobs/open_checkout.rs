//! Has the payment provider make a page where an order is paid.

use chrono::Duration;
use shop::{
    ids::PaymentSessionId,
    payments::{self, Opening},
};

use crate::{
    payments::{Failure, close, judge},
    runner::{Context, JobError},
    services::Services,
};

/// How long until a page that could not be closed is looked at again.
const UNTIL_CLOSED: std::time::Duration = std::time::Duration::from_mins(1);

/// Closes what can be paid in its place, and opens it, unless that turned out to be paid.
pub async fn run(id: PaymentSessionId, at: &Services, context: &Context) -> Result<(), JobError> {
    let Some(mut opening) = to_open(id, at, context).await? else { return Ok(()) };
    if !opening.to_close.is_empty() {
        for earlier in opening.to_close {
            close(earlier, at, context).await?;
        }
        match to_open(id, at, context).await? {
            // Money for what this replaces may be on its way: nobody is to pay for both.
            Some(still) if !still.to_close.is_empty() => {
                let reason = "the page of an order that this one replaced cannot be closed".to_owned();
                return Err(JobError::PutOff { reason, after: UNTIL_CLOSED });
            }
            Some(still) => opening = still,
            None => return Ok(()),
        }
    }
    let provider = at.payments.find(&opening.provider)?;
    match provider.open(&opening).await {
        Ok(page) => {
            if payments::opened(&at.db, &context.cause(), id, &page).await? {
                return Ok(());
            }
            // Another worker was quicker, with another wish. If this does not work, the page is open for a while and nobody knows
            // where; when it ends, we hear of it.
            if let Err(failure) = provider.expire(&page.reference).await {
                tracing::warn!(session = %id, %failure, "a second page was made, and could not be closed");
            }
            Ok(())
        }
        // There may be a page now all the same. Its address was told to nobody, so that nobody pays there; it cannot be looked for
        // by what we know of it, and ends by itself. The next wish makes one that has an address.
        Err(failure @ Failure::Kept(_)) => {
            payments::ask_anew(&at.db, id, opening.expires_at).await?;
            Err(judge(at, context, provider.name(), failure).await)
        }
        Err(failure) => Err(judge(at, context, provider.name(), failure).await),
    }
}

async fn to_open(
    id: PaymentSessionId,
    at: &Services,
    context: &Context,
) -> Result<Option<Opening>, JobError> {
    let open_for = Duration::minutes(at.checkout_minutes.into());
    Ok(payments::to_open(&at.db, &context.cause(), id, open_for).await?)
}
