//! Does what follows from something that the payment provider told us. The event only says that something changed: what is true
//! is asked for.

use shop::{
    ids::PaymentEventId,
    payments::{self, EventOutcome, EventSession, PaymentEvent},
};

use crate::{
    payments::read,
    runner::{Context, JobError},
    services::Services,
};

/// An event may come before we know of the payment that it is about; after so many tries it is none of ours.
const TRIES: i32 = 4;

/// Asks for the truth of the session that the event is about.
pub async fn run(id: PaymentEventId, at: &Services, context: &Context) -> Result<(), JobError> {
    let Some(event) = payments::event(&at.db, id).await? else { return Ok(()) };
    let outcome = match event.session {
        None if event.may_be_ours && context.attempt < TRIES => {
            return Err(JobError::Retry("no session of ours is known for it yet".to_owned()));
        }
        None => EventOutcome::OfNobody,
        Some(session) if session.is_known && !is_of_another_page(&event, &session, at)? => {
            EventOutcome::NothingNew
        }
        Some(session) => {
            read(session.id, Some(&event.object_ref), at, context).await?;
            EventOutcome::Applied
        }
    };
    Ok(payments::handled(&at.db, &context.cause(), id, outcome).await?)
}

/// Whether it is about a page of the session that is not the session's own: what is known of that says nothing of this.
fn is_of_another_page(event: &PaymentEvent, session: &EventSession, at: &Services) -> Result<bool, JobError> {
    let is_page = at.payments.find(&event.provider)?.names_session(&event.object_ref);
    Ok(is_page && session.reference.as_ref().is_some_and(|own| *own != event.object_ref))
}
