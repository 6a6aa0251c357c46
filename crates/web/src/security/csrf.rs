//! The token in every form: made from the browser's session value, so that a token of one session is none in another.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::session::SessionValue;

/// The field that carries it.
pub const FIELD: &str = "csrf";

/// Makes and checks tokens.
pub struct TokenKey(Hmac<Sha256>);

impl TokenKey {
    /// A key for this one purpose, from the secret of the installation.
    pub fn derive(secret: &SecretString) -> Self {
        let key =
            keyed(secret.expose_secret().as_bytes()).chain_update(b"form tokens").finalize().into_bytes();
        Self(keyed(&key))
    }

    /// The token for a session.
    pub fn token(&self, session: &SessionValue) -> String {
        let mac = self.0.clone().chain_update(b"csrf").chain_update(session.bytes()).finalize();
        BASE64_URL_SAFE_NO_PAD.encode(mac.into_bytes())
    }

    /// Whether a form came from a page that we made for this session. Takes as long for a near miss as for a wild guess.
    pub fn verify(&self, session: &SessionValue, token: &str) -> bool {
        self.token(session).as_bytes().ct_eq(token.as_bytes()).into()
    }
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_session_and_its_secret_only() {
        let key = TokenKey::derive(&"one secret of the shop, long enough".into());
        let (mine, other) = (SessionValue::fresh(), SessionValue::fresh());
        let token = key.token(&mine);
        assert!(key.verify(&mine, &token));
        assert!(!key.verify(&other, &token));
        assert!(!key.verify(&mine, ""));
        assert!(!TokenKey::derive(&"another secret of the shop, long enough".into()).verify(&mine, &token));
    }
}
