//! The key of this installation for what must not be readable in the database, not even in a copy of it.

use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use shop::ids::AccountId;

use crate::random;

/// The first byte of what is sealed: how it was done. Another way gets another number.
const AES_256_GCM_RANDOM_NONCE: u8 = 1;

/// Seals and hashes. Each is done with a key of its own, derived from the one in the settings.
pub struct DataKey {
    sealing: LessSafeKey,
    hashing: Hmac<Sha256>,
}

impl DataKey {
    /// From the setting.
    pub fn new(setting: &SecretString) -> anyhow::Result<Self> {
        let key = Self::decode(setting).context("DATA_KEY is not 32 bytes in base64")?;
        let derived = |purpose: &[u8]| keyed(&key).chain_update(purpose).finalize().into_bytes();
        let sealing = UnboundKey::new(&AES_256_GCM, &derived(b"sealing"))
            .map_err(|_| anyhow::anyhow!("AES-256 takes 32 bytes"))?;
        Ok(Self { sealing: LessSafeKey::new(sealing), hashing: keyed(&derived(b"recovery codes")) })
    }

    /// The bytes of the setting, if they are as many as a key has.
    pub fn decode(setting: &SecretString) -> Option<[u8; 32]> {
        BASE64_STANDARD.decode(setting.expose_secret()).ok()?.try_into().ok()
    }

    /// Seals what belongs to an account: in the row of another one it does not open. A version byte, a random nonce (good for
    /// 2^32 of them under one key, NIST SP 800-38D §8.3), then AES-256-GCM.
    pub fn seal(&self, account_id: AccountId, plain: &[u8]) -> anyhow::Result<Vec<u8>> {
        let nonce = random::bytes::<NONCE_LEN>();
        let mut text = plain.to_vec();
        self.sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(account_id), &mut text)
            .map_err(|_| anyhow::anyhow!("sealing failed"))?;
        Ok([&[AES_256_GCM_RANDOM_NONCE][..], &nonce, &text].concat())
    }

    /// Opens what was sealed with this key for this account.
    pub fn open(&self, account_id: AccountId, sealed: &[u8]) -> anyhow::Result<Vec<u8>> {
        let unreadable =
            || anyhow::anyhow!("what was sealed for {account_id} does not open: is DATA_KEY another one?");
        let (version, rest) = sealed.split_first().ok_or_else(unreadable)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or_else(unreadable)?;
        if *version != AES_256_GCM_RANDOM_NONCE {
            return Err(unreadable());
        }
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain =
            self.sealing.open_in_place(nonce, bound_to(account_id), &mut text).map_err(|_| unreadable())?;
        Ok(plain.to_vec())
    }

    /// A hash of a short secret of an account. Without the key nobody can try all there are.
    pub fn hash(&self, account_id: AccountId, secret: &str) -> [u8; 32] {
        self.hashing
            .clone()
            .chain_update(account_id.0.as_bytes())
            .chain_update(secret.as_bytes())
            .finalize()
            .into_bytes()
            .into()
    }
}

fn bound_to(account_id: AccountId) -> Aad<[u8; 16]> {
    Aad::from(*account_id.0.as_bytes())
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> DataKey {
        DataKey::new(&BASE64_STANDARD.encode([byte; 32]).into()).expect("a key")
    }

    fn account(number: u128) -> AccountId {
        AccountId(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_for_its_account_alone() {
        let sealed = key(1).seal(account(1), b"twenty secret bytes!").expect("sealed");
        assert_eq!(key(1).open(account(1), &sealed).expect("opened"), b"twenty secret bytes!");
        assert!(!sealed.windows(6).any(|part| part == b"secret"), "nothing of it can be read");
        assert!(key(2).open(account(1), &sealed).is_err(), "another key");
        assert!(key(1).open(account(2), &sealed).is_err(), "another account");
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(key(1).open(account(1), &changed).is_err(), "byte {at} changed");
            assert!(key(1).open(account(1), &sealed[..at]).is_err(), "cut after {at}");
        }
        assert_ne!(
            sealed,
            key(1).seal(account(1), b"twenty secret bytes!").expect("sealed"),
            "nonces differ"
        );
    }

    #[test]
    fn a_hash_needs_the_key_and_the_account() {
        let hash = key(1).hash(account(1), "ABCD");
        assert_eq!(hash, key(1).hash(account(1), "ABCD"));
        assert_ne!(hash, key(2).hash(account(1), "ABCD"));
        assert_ne!(hash, key(1).hash(account(2), "ABCD"));
        assert_ne!(hash, key(1).hash(account(1), "ABCE"));
    }

    #[test]
    fn a_key_has_32_bytes() {
        for (setting, good) in [
            (BASE64_STANDARD.encode([7; 32]), true),
            (BASE64_STANDARD.encode([7; 31]), false),
            (BASE64_STANDARD.encode([7; 33]), false),
            (String::new(), false),
            ("not base64, but thirty-two bytes".to_owned(), false),
        ] {
            assert_eq!(DataKey::decode(&setting.as_str().into()).is_some(), good, "{setting}");
        }
    }
}
