//! Links to object storage. Signing one is arithmetic: nothing here speaks to the storage.

use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, Utc};
use jiff::Timestamp;
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use secrecy::ExposeSecret;
use shop::images::{Card, original_key};

use crate::config::Config;

/// A link is dated by the hour, so that it is the same for an hour and a browser finds the picture in its cache …
const HOUR: i64 = 3_600;
/// … and so it must hold for two, to be good for at least one.
const VALID: Duration = Duration::from_hours(2);

/// How long a link to a private file is good: for the redirect that it stands in.
const BRIEFLY: Duration = Duration::from_mins(5);

/// Signs links.
pub struct Storage {
    bucket: Bucket,
    credentials: Credentials,
}

impl Storage {
    /// For the bucket of the settings, as browsers reach it.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let endpoint = config.s3_browser_endpoint().context("S3_PUBLIC_ENDPOINT is not a URL")?;
        let bucket =
            Bucket::new(endpoint, UrlStyle::Path, config.s3_bucket.clone(), config.s3_region.clone())
                .map_err(|error| anyhow::anyhow!("the bucket's address cannot be built: {error:?}"))?;
        let credentials = Credentials::new(
            config.s3_access_key_id.expose_secret(),
            config.s3_secret_access_key.expose_secret(),
        );
        Ok(Self { bucket, credentials })
    }

    /// Scheme, host and port: pages may show pictures from there.
    pub fn origin(&self) -> String {
        self.bucket.base_url().origin().ascii_serialization()
    }

    /// A link to an object.
    pub fn link(&self, at: DateTime<Utc>, key: &str) -> String {
        self.bucket.get_object(Some(&self.credentials), key).sign_with_time(VALID, &dated(at)).into()
    }

    /// A link to the original of a picture that a browser saves as a file.
    pub fn attachment(&self, at: DateTime<Utc>, card: &Card) -> String {
        let key = original_key(card.id, card.format);
        let mut action = self.bucket.get_object(Some(&self.credentials), &key);
        action.query_mut().insert("response-content-disposition", disposition(card));
        action.query_mut().insert("response-content-type", card.format.media_type());
        action.sign_with_time(VALID, &dated(at)).into()
    }

    /// A link to an object, good for a few minutes: for what somebody may look at and not keep.
    pub fn glimpse(&self, at: DateTime<Utc>, key: &str) -> String {
        let now = Timestamp::from_second(at.timestamp()).unwrap_or_default();
        self.bucket.get_object(Some(&self.credentials), key).sign_with_time(BRIEFLY, &now).into()
    }

    /// A link to an object that a browser saves under a name, good for a few minutes: for what nobody but its owner may have.
    pub fn file(&self, at: DateTime<Utc>, key: &str, name: &str) -> String {
        let mut action = self.bucket.get_object(Some(&self.credentials), key);
        action.query_mut().insert("response-content-disposition", format!("attachment; filename=\"{name}\""));
        let now = Timestamp::from_second(at.timestamp()).unwrap_or_default();
        action.sign_with_time(BRIEFLY, &now).into()
    }
}

/// The name under which a picture is saved.
pub fn disposition(card: &Card) -> String {
    format!("attachment; filename=\"ai-gallery-{}.{}\"", card.id, card.format.extension())
}

/// Which hour it is: links are the same within one.
pub fn hour(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(HOUR)
}

fn dated(at: DateTime<Utc>) -> Timestamp {
    Timestamp::from_second(hour(at) * HOUR).unwrap_or_default()
}
