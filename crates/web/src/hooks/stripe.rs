//! POST /hooks/stripe: what Stripe tells us. It is written down as it came and answered at once; a job does the rest. Of an event
//! only its envelope is read, so that no version of Stripe's objects can be one that we do not understand.

use std::{collections::HashMap, time::Duration};

use chrono::DateTime;
use hmac::{Hmac, KeyInit, Mac};
use poem::{Body, Request, Response, handler, http::StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use shop::payments::{self, STRIPE, Told};
use tokio::time::timeout;

use crate::{error::Problem, visit::Visit};

/// Far more than an event needs.
const BODY_MAX: usize = 512 * 1024;
const BODY_TIME: Duration = Duration::from_secs(10);
/// How old a signature may be, or how far a clock may be wrong (docs.stripe.com/webhooks/signature).
const TOLERANCE_SECONDS: u64 = 300;

/// Knows what is Stripe's own.
pub struct Signatures {
    keys: Vec<Hmac<Sha256>>,
    live: bool,
}

impl Signatures {
    /// Made with one of these secrets, with commas in between: two while one takes the place of the other. `live`: whether real
    /// money moves.
    pub fn new(secrets: &SecretString, live: bool) -> Self {
        let secrets = secrets.expose_secret().split(',').map(str::trim).filter(|secret| !secret.is_empty());
        let keys = secrets.filter_map(|secret| Hmac::new_from_slice(secret.as_bytes()).ok()).collect();
        Self { keys, live }
    }

    /// Whether this header was made for this body, not long before this second. Takes as long for a near miss as for a wild guess.
    fn fits(&self, header: &str, body: &[u8], now: i64) -> bool {
        let parts = || header.split(',').filter_map(|part| part.trim().split_once('='));
        let Some(time) = parts().find_map(|(name, value)| (name == "t").then_some(value)) else {
            return false;
        };
        // What is no moment is not of these five minutes, whoever signed it.
        if !time.parse::<i64>().is_ok_and(|time| time.abs_diff(now) <= TOLERANCE_SECONDS) {
            return false;
        }
        let given: Vec<_> =
            parts().filter(|(name, _)| *name == "v1").filter_map(|(_, hex)| hex::decode(hex).ok()).collect();
        self.keys.iter().any(|key| {
            let signed = key.clone().chain_update(time).chain_update(b".").chain_update(body);
            given.iter().any(|given| signed.clone().verify_slice(given).is_ok())
        })
    }
}

/// The envelope of an event.
#[derive(Deserialize)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    created: i64,
    livemode: bool,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

/// What it is about, as far as it says to whom it belongs.
#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    id: String,
    #[serde(default, rename = "object")]
    kind: String,
    #[serde(default)]
    payment_intent: Option<Reference>,
    #[serde(default)]
    metadata: Option<HashMap<String, String>>,
}

/// An object by its id, or as it is.
#[derive(Deserialize)]
#[serde(untagged)]
enum Reference {
    Id(String),
    Whole { id: String },
}

impl Object {
    fn payment_ref(&self) -> Option<&str> {
        match &self.payment_intent {
            Some(Reference::Id(id) | Reference::Whole { id }) => Some(id),
            None if self.kind == "payment_intent" => Some(&self.id),
            None => None,
        }
    }
}

/// Writes an event down. What is not Stripe's, or of the other kind of money, is refused, and Stripe sends it again for days.
#[handler]
pub async fn create(request: &Request, body: Body) -> Result<Response, Problem> {
    let visit = Visit::of(request)?;
    let body = match timeout(BODY_TIME, body.into_bytes_limit(BODY_MAX)).await {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return Ok(refused("The body is too large, or broke off.\n")),
        Err(_) => return Err(Problem::TooSlow),
    };
    let header = request.header("stripe-signature").unwrap_or_default();
    if !visit.site.stripe.fits(header, &body, visit.at().timestamp()) {
        tracing::warn!("an event was not signed with STRIPE_WEBHOOK_SECRETS, or too long ago");
        return Ok(refused("This is not signed as it should be.\n"));
    }
    let Ok(event) = serde_json::from_slice::<Event>(&body) else {
        tracing::error!("a signed event cannot be read");
        return Ok(refused("This is no event.\n"));
    };
    if event.livemode != visit.site.stripe.live {
        tracing::warn!(
            livemode = event.livemode,
            "an event is of the other kind of money: see STRIPE_LIVEMODE"
        );
        return Ok(refused("This is of the other kind of money.\n"));
    }
    let object = &event.data.object;
    let named = object.metadata.as_ref().and_then(|metadata| metadata.get("payment_session_id"));
    let told = Told {
        provider: STRIPE,
        reference: &event.id,
        kind: &event.kind,
        object_ref: &object.id,
        payment_ref: object.payment_ref(),
        session_id: named.and_then(|id| id.parse().ok()),
        occurred_at: DateTime::from_timestamp(event.created, 0).unwrap_or(visit.at()),
        raw: &body,
        was_fetched: false,
    };
    payments::receive(&visit.site.db, &visit.cause, &told).await?;
    Ok(plain(StatusCode::OK, "taken\n"))
}

fn refused(text: &'static str) -> Response {
    plain(StatusCode::BAD_REQUEST, text)
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .header("cache-control", "no-store")
        .body(text)
}

#[cfg(test)]
mod tests {
    use std::fmt::Display;

    use super::*;

    fn header(secret: &str, time: impl Display, body: &[u8]) -> String {
        let key: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("a key");
        let signed = key.chain_update(time.to_string()).chain_update(b".").chain_update(body).finalize();
        format!("t={time},v1={}", hex::encode(signed.into_bytes()))
    }

    #[test]
    fn a_signature_is_good_for_its_body_its_secrets_and_five_minutes() {
        let (now, body) = (1_795_500_000, b"{\"id\":\"evt_1\"}".as_slice());
        let both = Signatures::new(&" whsec_old,whsec_new ".into(), false);
        for secret in ["whsec_old", "whsec_new"] {
            for age in [-300, 0, 300] {
                assert!(both.fits(&header(secret, now + age, body), body, now), "{secret} {age}");
            }
            for age in [-301, 301] {
                assert!(!both.fits(&header(secret, now + age, body), body, now), "{secret} {age}");
            }
            assert!(!both.fits(&header(secret, now, body), b"{\"id\":\"evt_2\"}", now), "another body");
        }
        assert!(!both.fits(&header("whsec_other", now, body), body, now));
        assert!(!both.fits(&header("", now, body), body, now));
        let good = header("whsec_new", now, body);
        let v1 = good.split_once(',').expect("two parts").1;
        for (bad, why) in [
            ("", "nothing"),
            (v1, "no time"),
            ("t=1795500000", "no signature"),
            (&format!("t=1795500001,{v1}"), "another time"),
            (&format!("t=soon,{v1}"), "no time"),
            (&good.replace("v1=", "v0="), "another scheme"),
            (&good[..good.len() - 2], "a shorter one"),
        ] {
            assert!(!both.fits(bad, body, now), "{why}");
        }
        // Signed with the secret, and of no moment that could be too old.
        for time in ["soon", "", "1795500000.0", "99999999999999999999"] {
            assert!(!both.fits(&header("whsec_new", time, body), body, now), "{time}");
        }
        // While a secret is replaced, Stripe signs with both.
        assert!(both.fits(&format!("{}, v1={}", good, "0".repeat(64)), body, now));
        assert!(!Signatures::new(&"".into(), false).fits(&header("", now, body), body, now), "no secret");
    }
}
