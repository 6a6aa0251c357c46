//! Stripe Checkout. Every call is made once: what is tried again, is tried again by a job, with the same idempotency key. Answers
//! are read with small structs of our own, so that a field that Stripe adds or drops elsewhere breaks nothing.

mod events;
mod failures;
mod lists;
mod sessions;

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use shop::{
    payments::{Facts, Opened, Opening, STRIPE},
    reconciliation::PaymentSeen,
};
use stripe::{Client, ClientBuilder};
use url::Url;

use crate::{
    config::Config,
    payments::{Failure, Missed, PaymentProvider},
};

/// The real one.
pub const API: &str = "https://api.stripe.com/";
/// An answer takes a second or two. One that takes this long may have been done all the same.
const TIMEOUT: Duration = Duration::from_secs(15);

/// A client of Stripe's API.
pub struct Stripe {
    client: Client,
    /// Where browsers reach the shop.
    public_url: Url,
}

impl Stripe {
    /// As configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If the address or the key cannot be sent.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let base = config.stripe_base_url.trim_end_matches('/');
        let client = ClientBuilder::new(config.stripe_secret_key.expose_secret())
            .url(format!("{base}/"))
            .timeout(TIMEOUT)
            .app_info("ai-gallery", Some(env!("CARGO_PKG_VERSION").to_owned()), None)
            .build()
            .ok()
            .context("STRIPE_BASE_URL or STRIPE_SECRET_KEY cannot be used")?;
        Ok(Self { client, public_url: config.public_url.clone() })
    }
}

impl PaymentProvider for Stripe {
    fn name(&self) -> &'static str {
        STRIPE
    }

    fn names_session(&self, reference: &str) -> bool {
        reference.starts_with("cs_")
    }

    fn open<'a>(&'a self, opening: &'a Opening) -> BoxFuture<'a, Result<Opened, Failure>> {
        Box::pin(sessions::open(&self.client, &self.public_url, opening))
    }

    fn expire<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(sessions::expire(&self.client, reference))
    }

    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, Result<Facts, Failure>> {
        Box::pin(sessions::read(&self.client, reference))
    }

    fn missed(&self, since: DateTime<Utc>) -> BoxFuture<'_, Result<Vec<Missed>, Failure>> {
        Box::pin(events::missed(&self.client, since))
    }

    fn payments(&self, since: DateTime<Utc>) -> BoxFuture<'_, Result<Vec<PaymentSeen>, Failure>> {
        Box::pin(lists::payments(&self.client, since))
    }
}

/// What our objects are marked with there.
const ORDER: &str = "order_id";
const SESSION: &str = "payment_session_id";

/// A moment as Stripe writes it: whole seconds since 1970.
fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}
