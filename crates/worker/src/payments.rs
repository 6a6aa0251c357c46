//! Payment providers, and what jobs do with any of them. One more is one more file in `providers` and one more line in
//! [`Providers::new`].

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use shop::{
    ids::PaymentSessionId,
    payments::{self, Facts, Opened, Opening, RemoteState},
    providers,
    reconciliation::PaymentSeen,
};

use crate::{
    config::Config,
    providers::stripe::Stripe,
    runner::{Context, JobError},
    services::Services,
};

/// How long a job waits for somebody to put a setting right.
const UNTIL_MENDED: Duration = Duration::from_mins(10);

/// Why a provider did not do as it was asked. It holds no words of the provider but codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It may work later: nobody knows whether it was done.
    #[error("the payment provider did not do it this time: {0}")]
    Transient(String),
    /// It failed there, and the provider keeps that as its answer to this very call: nobody knows whether it was done, and asked
    /// the same again it says the same.
    #[error("the payment provider failed at it: {0}")]
    Kept(String),
    /// It works when somebody has put a setting right.
    #[error("the payment provider does not accept a setting: {0}")]
    Configuration(String),
    /// It will not do this, whenever it is asked.
    #[error("the payment provider refuses it: {0}")]
    Rejected(String),
}

/// Something that a provider could not tell us, and that we asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// What the event is called there.
    pub reference: String,
    /// What happened, in the provider's words.
    pub kind: String,
    /// The object that it is about.
    pub object_ref: String,
    /// The payment that this belongs to.
    pub payment_ref: Option<String>,
    /// The session that the object names as ours.
    pub session_id: Option<PaymentSessionId>,
    /// When it happened there.
    pub occurred_at: DateTime<Utc>,
    /// As it came.
    pub raw: Vec<u8>,
}

/// Whoever takes payments for us. Each call may be made twice, and a call that is answered with a failure may have been done.
pub trait PaymentProvider: Send + Sync {
    /// As `payment_sessions.provider` has it.
    fn name(&self) -> &'static str;
    /// Whether this is what it calls a session, and not another of its objects.
    fn names_session(&self, reference: &str) -> bool;
    /// Has a page made where a session can be paid. The same session at the same time of its end is the same page.
    fn open<'a>(&'a self, opening: &'a Opening) -> BoxFuture<'a, Result<Opened, Failure>>;
    /// Closes a page. One that cannot be paid any more stays as it is.
    fn expire<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>>;
    /// All that is true of a session now.
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Facts, Failure>>;
    /// What it could not tell us since then.
    fn missed(&self, since: DateTime<Utc>) -> BoxFuture<'_, Result<Vec<Missed>, Failure>>;
    /// What was charged since then for sessions of ours.
    fn payments(&self, since: DateTime<Utc>) -> BoxFuture<'_, Result<Vec<PaymentSeen>, Failure>>;
}

/// The providers that we know, by name.
#[derive(Clone)]
pub struct Providers(Arc<[Box<dyn PaymentProvider>]>);

impl Providers {
    /// As configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If a client cannot be built.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        Ok(Self(Arc::new([Box::new(Stripe::new(config)?)])))
    }

    /// The one of this name.
    ///
    /// # Errors
    /// If there is none: an older version of the shop may be running beside a newer one.
    pub fn find(&self, name: &str) -> Result<&dyn PaymentProvider, JobError> {
        let found = self.0.iter().find(|provider| provider.name() == name);
        found
            .map(Box::as_ref)
            .ok_or_else(|| JobError::Retry(format!("this version knows no payment provider {name}")))
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &dyn PaymentProvider> {
        self.0.iter().map(Box::as_ref)
    }
}

/// What a job makes of a failure. What needs a person is told to staff, once a day.
pub async fn judge(at: &Services, context: &Context, provider: &str, failure: Failure) -> JobError {
    let told =
        async |detail: &str| providers::report_rejection(&at.db, &context.cause(), provider, detail).await;
    let error = failure.to_string();
    match failure {
        Failure::Transient(_) | Failure::Kept(_) => JobError::Retry(error),
        Failure::Configuration(detail) => match told(&detail).await {
            Ok(()) => JobError::PutOff { reason: error, after: UNTIL_MENDED },
            Err(error) => error.into(),
        },
        Failure::Rejected(detail) => match told(&detail).await {
            Ok(()) => JobError::GiveUp(error),
            Err(error) => error.into(),
        },
    }
}

/// Asks for the truth of a session and has its order follow it. `heard` is what an event calls an object of it, which may be the
/// session itself, or another page that was made for it: then both are asked for.
///
/// # Errors
/// If the provider does not say it now, or its page is not known yet.
pub async fn read(
    id: PaymentSessionId,
    heard: Option<&str>,
    at: &Services,
    context: &Context,
) -> Result<(), JobError> {
    let Some(reading) = payments::to_read(&at.db, id).await? else { return Ok(()) };
    let provider = at.payments.find(&reading.provider)?;
    let heard = heard.filter(|reference| provider.names_session(reference));
    let Some(reference) = reading.reference.as_deref().or(heard) else {
        return Err(JobError::Retry("what the provider calls the session is not known yet".to_owned()));
    };
    let told = async |failure| judge(at, context, provider.name(), failure).await;
    let facts = match provider.read(reference).await {
        Ok(facts) => facts,
        Err(failure) => return Err(told(failure).await),
    };
    payments::converge(&at.db, &context.cause(), id, reading.started_at, &facts).await?;
    let Some(other) = heard.filter(|heard| *heard != reference) else { return Ok(()) };
    match read_other(provider, other).await {
        Ok(facts) => Ok(payments::converge(&at.db, &context.cause(), id, reading.started_at, &facts).await?),
        Err(failure) => Err(told(failure).await),
    }
}

/// What is true of a page that is not the session's own, as one that was made in a call that failed. Nobody was sent there, and
/// nobody is to pay there: it is closed first, if it is open.
async fn read_other(provider: &dyn PaymentProvider, reference: &str) -> Result<Facts, Failure> {
    let facts = provider.read(reference).await?;
    if facts.state != RemoteState::Open {
        return Ok(facts);
    }
    provider.expire(reference).await?;
    provider.read(reference).await
}

/// Closes the page of a session, and has its order follow what became of it: it may have been paid in the last moment.
///
/// # Errors
/// If the provider does not do it now.
pub async fn close(id: PaymentSessionId, at: &Services, context: &Context) -> Result<(), JobError> {
    let Some(closing) = payments::to_expire(&at.db, id).await? else { return Ok(()) };
    let provider = at.payments.find(&closing.provider)?;
    if let Err(failure) = provider.expire(&closing.reference).await {
        return Err(judge(at, context, provider.name(), failure).await);
    }
    read(id, None, at, context).await
}
