//! What payment providers told us, and nobody has heard.

use sqlx::PgPool;

use super::{FindingKind, found};
use crate::{Cause, payments::EVENTS_FOR};

/// At most so many: they have one cause in all likelihood.
const AT_ONCE: i64 = 100;

/// Events that are not tried again any more, and from which nothing followed. Each is a finding. Says how many there are, up to a
/// hundred.
pub async fn look(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let stranded = sqlx::query!(
        "select provider, provider_ref, kind, outcome from payment_events
         where handled_at is null and received_at < $1 order by received_at limit $2",
        cause.at - EVENTS_FOR,
        AT_ONCE,
    )
    .fetch_all(db)
    .await?;
    let mut connection = db.acquire().await?;
    for event in &stranded {
        let subject = format!("{} {}", event.provider, event.provider_ref);
        let outcome = event.outcome.as_deref().unwrap_or("no job came to it");
        let detail = format!("{}: {outcome}", event.kind);
        found(&mut connection, cause, FindingKind::StrandedEvent, &subject, &detail).await?;
    }
    Ok(stranded.len())
}
