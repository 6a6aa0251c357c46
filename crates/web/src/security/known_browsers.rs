//! Browsers in which somebody signed in before: they keep a proof of it, so that strangers who use up an address' tries at the
//! door do not keep its owner out (OWASP's "device cookies").

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::random;

/// Makes and checks the proofs.
pub struct KnownBrowsers(Hmac<Sha256>);

impl KnownBrowsers {
    /// With a key for this one purpose, from the secret of the installation.
    pub fn derive(secret: &SecretString) -> Self {
        let secret = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes());
        let key = secret.expect("HMAC takes a key of any length").chain_update(b"known browsers").finalize();
        Self(Hmac::new_from_slice(&key.into_bytes()).expect("HMAC takes a key of any length"))
    }

    /// A proof for a browser that nobody knew before: `name.seal`.
    pub fn proof(&self, address: &str) -> String {
        let name = BASE64_URL_SAFE_NO_PAD.encode(random::bytes::<16>());
        let seal = self.seal(&name, address);
        format!("{name}.{seal}")
    }

    /// The name of the browser, if somebody signed in there with this address.
    pub fn name<'p>(&self, proof: &'p str, address: &str) -> Option<&'p str> {
        let (name, seal) = proof.split_once('.')?;
        bool::from(self.seal(name, address).as_bytes().ct_eq(seal.as_bytes())).then_some(name)
    }

    fn seal(&self, name: &str, address: &str) -> String {
        let seal = self.0.clone().chain_update(name).chain_update(b".").chain_update(address).finalize();
        BASE64_URL_SAFE_NO_PAD.encode(seal.into_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_good_for_its_address_alone() {
        let known = KnownBrowsers::derive(&"one secret of the shop, long enough".into());
        let proof = known.proof("mira@example.org");
        let name = known.name(&proof, "mira@example.org").expect("known");
        assert_eq!(known.name(&proof, "noor@example.org"), None);
        assert_eq!(known.name(&format!("{name}x{}", &proof[name.len()..]), "mira@example.org"), None);
        assert_eq!(known.name("", "mira@example.org"), None);
        let other = KnownBrowsers::derive(&"another secret of the shop, long enough".into());
        assert_eq!(other.name(&proof, "mira@example.org"), None);
        assert_ne!(known.proof("mira@example.org"), proof, "no two browsers share their tries");
    }
}
