//! What a provider tells us by itself. It is written down as it came, at once; what follows from it is a job.

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

use crate::{
    Cause,
    ids::{PaymentEventId, PaymentSessionId},
    jobs::Job,
};

/// Something that a provider told us, and has proved to be its own.
#[derive(Debug, Clone)]
pub struct Told<'a> {
    /// Who.
    pub provider: &'a str,
    /// What the event is called there.
    pub reference: &'a str,
    /// What happened, in the provider's words.
    pub kind: &'a str,
    /// The object that it is about.
    pub object_ref: &'a str,
    /// The payment that this belongs to, as far as the event says.
    pub payment_ref: Option<&'a str>,
    /// The session that the object names as ours.
    pub session_id: Option<PaymentSessionId>,
    /// When it happened there.
    pub occurred_at: DateTime<Utc>,
    /// As it came.
    pub raw: &'a [u8],
    /// Whether we asked for it.
    pub was_fetched: bool,
}

/// An event whose consequences are still to be drawn.
#[derive(Debug, Clone)]
pub struct PaymentEvent {
    /// Who told it.
    pub provider: String,
    /// What happened, in the provider's words.
    pub kind: String,
    /// The object that it is about.
    pub object_ref: String,
    /// The session that it belongs to, if we know.
    pub session: Option<EventSession>,
    /// Whether it may be of a session that we do not know by its name yet.
    pub may_be_ours: bool,
}

/// The session that an event belongs to.
#[derive(Debug, Clone)]
pub struct EventSession {
    /// Which one.
    pub id: PaymentSessionId,
    /// What its page is called there, once that is known.
    pub reference: Option<String>,
    /// Whether it was asked for after the event came: then what the event says is known.
    pub is_known: bool,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOutcome {
    /// What it is about was asked for, and the order follows it.
    Applied,
    /// It was known already.
    NothingNew,
    /// It belongs to no order of ours.
    OfNobody,
}

impl EventOutcome {
    fn word(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::NothingNew => "nothing new",
            Self::OfNobody => "of nobody",
        }
    }
}

/// Writes an event down and has its consequences drawn. Whether it is a new one: providers tell the same more than once.
pub async fn receive(db: &PgPool, cause: &Cause, told: &Told<'_>) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let id = PaymentEventId::new(cause.at);
    let stored = sqlx::query!(
        "insert into payment_events (id, provider, provider_ref, kind, object_ref, payment_ref, session_id, raw, occurred_at, was_fetched)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict on constraint payment_events_once do nothing",
        id as PaymentEventId,
        told.provider,
        told.reference,
        told.kind,
        told.object_ref,
        told.payment_ref,
        told.session_id.map(|id| id.0),
        told.raw,
        told.occurred_at,
        told.was_fetched,
    )
    .execute(&mut *tx)
    .await?;
    let is_new = stored.rows_affected() == 1;
    if is_new {
        Job::ApplyPaymentEvent { payment_event_id: id }.enqueue(&mut tx, cause).await?;
    }
    tx.commit().await?;
    Ok(is_new)
}

/// An event whose consequences are to be drawn. Nothing: they were.
pub async fn event(db: &PgPool, id: PaymentEventId) -> sqlx::Result<Option<PaymentEvent>> {
    let Some(row) = sqlx::query!(
        r#"select e.provider, e.kind, e.object_ref, e.payment_ref is not null or e.session_id is not null as "may_be_ours!",
                  s.id as "session_id?: Uuid", s.provider_ref as "reference?", s.read_at > e.received_at as "is_known?"
           from payment_events e
           left join lateral (
               select s.id, s.provider_ref, s.read_at from payment_sessions s
               where s.provider = e.provider
                     and (s.id = e.session_id or s.provider_ref = e.object_ref or s.payment_ref in (e.payment_ref, e.object_ref))
               order by s.id limit 1
           ) s on true
           where e.id = $1 and e.handled_at is null"#,
        id as PaymentEventId,
    )
    .fetch_optional(db)
    .await?
    else {
        return Ok(None);
    };
    let session = row.session_id.map(|id| EventSession {
        id: PaymentSessionId(id),
        reference: row.reference,
        is_known: row.is_known.unwrap_or_default(),
    });
    Ok(Some(PaymentEvent {
        provider: row.provider,
        kind: row.kind,
        object_ref: row.object_ref,
        session,
        may_be_ours: row.may_be_ours,
    }))
}

/// The consequences of an event are drawn.
pub async fn handled(
    db: &PgPool,
    cause: &Cause,
    id: PaymentEventId,
    outcome: EventOutcome,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update payment_events set handled_at = $2, outcome = $3 where id = $1 and handled_at is null",
        id as PaymentEventId,
        cause.at,
        outcome.word(),
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The consequences of an event could not be drawn: staff see it among those that are open, until it is tried again.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, id: PaymentEventId, error: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update payment_events set outcome = $2 where id = $1 and handled_at is null",
        id as PaymentEventId,
        format!("given up: {error}"),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
