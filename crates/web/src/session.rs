//! The session cookie: a random value that only the browser holds. Signed in or not is a row in the database.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Duration;
use poem::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest, Sha256};
use shop::sessions::{ABSOLUTE_LIMIT, IdHash};

use crate::random;

/// How long a browser is known in which somebody signed in.
const KNOWN: Duration = Duration::days(180);
/// How long a guest's cart is found again.
const CART: Duration = Duration::days(60);
/// How long a browser keeps the value that ties a form to it before anybody has signed in.
const BEFORE_SIGN_IN: Duration = Duration::days(1);

/// What the cookie holds: 256 random bits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionValue([u8; 32]);

impl SessionValue {
    /// One that no browser had before.
    pub fn fresh() -> Self {
        Self(random::bytes())
    }

    /// What the database knows it by.
    pub fn id_hash(&self) -> IdHash {
        Sha256::digest(self.0).into()
    }

    /// The random bits themselves.
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn decode(text: &str) -> Option<Self> {
        BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(self.0)
    }
}

/// Names and attributes of our cookies. All of them are out of reach of scripts and of other sites' forms.
#[derive(Debug)]
pub struct Cookies {
    session: &'static str,
    flash: &'static str,
    known: &'static str,
    sent_to: &'static str,
    cart: &'static str,
    attributes: &'static str,
}

impl Cookies {
    /// Through TLS the names begin with `__Host-`: a browser then takes them from this very host only (RFC 6265bis §4.1.3.2).
    pub fn new(https: bool) -> Self {
        if https {
            let attributes = "; Path=/; HttpOnly; SameSite=Lax; Secure";
            Self {
                session: "__Host-sid",
                flash: "__Host-flash",
                known: "__Host-known",
                sent_to: "__Host-sent-to",
                cart: "__Host-cart",
                attributes,
            }
        } else {
            let attributes = "; Path=/; HttpOnly; SameSite=Lax";
            Self {
                session: "sid",
                flash: "flash",
                known: "known",
                sent_to: "sent-to",
                cart: "cart",
                attributes,
            }
        }
    }

    /// The session of a request, if its cookie has the form of one of ours.
    pub fn session(&self, headers: &HeaderMap) -> Option<SessionValue> {
        find(headers, self.session).and_then(SessionValue::decode)
    }

    /// What a request's flash cookie holds.
    pub fn flash<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        find(headers, self.flash)
    }

    /// The proof that somebody signed in here before.
    pub fn known_browser<'h>(&self, headers: &'h HeaderMap) -> Option<&'h str> {
        find(headers, self.known)
    }

    /// Keeps such a proof.
    pub fn keep_known_browser(&self, proof: &str) -> HeaderValue {
        self.set(self.known, proof, KNOWN)
    }

    /// Keeps a session, signed in or not, in the browser.
    pub fn keep_session(&self, value: &SessionValue, signed_in: bool) -> HeaderValue {
        let lifetime = if signed_in { ABSOLUTE_LIMIT } else { BEFORE_SIGN_IN };
        self.set(self.session, &value.encode(), lifetime)
    }

    /// Takes the session out of the browser.
    pub fn drop_session(&self) -> HeaderValue {
        self.set(self.session, "", Duration::zero())
    }

    /// Keeps a message for the next page.
    pub fn keep_flash(&self, value: &str) -> HeaderValue {
        self.set(self.flash, value, Duration::minutes(1))
    }

    /// Takes the message away, since it was shown.
    pub fn drop_flash(&self) -> HeaderValue {
        self.set(self.flash, "", Duration::zero())
    }

    /// The address to which this browser had a mail sent a while ago.
    pub fn sent_to(&self, headers: &HeaderMap) -> Option<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(find(headers, self.sent_to)?).ok()?;
        String::from_utf8(bytes).ok()
    }

    /// Keeps the address that a mail goes to, for the page that says so: in the page's own address it would stand in logs.
    pub fn keep_sent_to(&self, email: &str) -> HeaderValue {
        self.set(self.sent_to, &BASE64_URL_SAFE_NO_PAD.encode(email), Duration::minutes(15))
    }

    /// What a guest's cart and orders are known by.
    pub fn cart(&self, headers: &HeaderMap) -> Option<SessionValue> {
        find(headers, self.cart).and_then(SessionValue::decode)
    }

    /// Keeps that.
    pub fn keep_cart(&self, value: &SessionValue) -> HeaderValue {
        self.set(self.cart, &value.encode(), CART)
    }

    fn set(&self, name: &str, value: &str, lifetime: Duration) -> HeaderValue {
        let cookie = format!("{name}={value}; Max-Age={}{}", lifetime.num_seconds(), self.attributes);
        HeaderValue::try_from(cookie).expect("names, base64 and numbers are fit for a header")
    }
}

fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}
