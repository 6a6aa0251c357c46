//! One-time codes by the clock (RFC 6238: SHA-1, six digits, thirty seconds, which is what every authenticator app speaks),
//! and recovery codes for when the app is gone.

use anyhow::Context;
use chrono::{DateTime, Utc};
use qrcode::{Color, QrCode};
use serde::Serialize;
use shop::{
    ids::AccountId,
    second_factors::{CodeHash, Factor, Proof, RECOVERY_CODES},
};
use totp_rs::{Builder, Totp};

use crate::{data_key::DataKey, random};

/// Who the codes are for, as an authenticator app lists them.
const ISSUER: &str = "AI Gallery";
/// Crockford's alphabet: no letter that is taken for a digit.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a recovery code, five random bits each: 60 bits. Guesses are limited, and hashes are keyed.
const RECOVERY_CHARS: usize = 12;

/// What the shop and an authenticator share: 160 bits, as RFC 4226 §4 recommends.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; 20]);

impl Secret {
    /// One that nobody can foresee.
    pub fn fresh() -> Self {
        Self(random::bytes())
    }

    /// From base32, as an authenticator app takes it.
    pub fn from_base32(text: &str) -> Option<Self> {
        let secret = totp_rs::Secret::try_from_base32(text).ok()?;
        secret.as_bytes().try_into().ok().map(Self)
    }

    /// For the database.
    pub fn seal(&self, key: &DataKey, account_id: AccountId) -> anyhow::Result<Vec<u8>> {
        key.seal(account_id, &self.0)
    }

    /// From the database.
    pub fn open(key: &DataKey, account_id: AccountId, sealed: &[u8]) -> anyhow::Result<Self> {
        let bytes = key.open(account_id, sealed)?;
        Ok(Self(bytes.as_slice().try_into().context("a sealed secret has not 20 bytes")?))
    }

    /// The time step whose code this is: the present one, or one to either side, for clocks that are off and people who type
    /// slowly (RFC 6238 §5.2).
    pub fn step_of(&self, code: &str, at: DateTime<Utc>) -> Option<i64> {
        let now = u64::try_from(at.timestamp()).ok()?;
        self.totp("").ok()?.check(code, now).and_then(|step| i64::try_from(step).ok())
    }

    /// The code at a moment.
    pub fn code(&self, at: DateTime<Utc>) -> anyhow::Result<String> {
        Ok(self.totp("")?.generate(u64::try_from(at.timestamp())?).to_string())
    }

    /// For typing it in: base32 in groups of four.
    pub fn groups(&self) -> Vec<String> {
        let text = totp_rs::Secret::from(self.0).to_base32();
        text.as_bytes().chunks(4).map(|group| String::from_utf8_lossy(group).into_owned()).collect()
    }

    /// The link that an authenticator app opens, with the address to tell accounts apart by.
    pub fn link(&self, email: &str) -> anyhow::Result<String> {
        Ok(self.totp(email)?.to_url()?)
    }

    /// The link as a QR code.
    pub fn drawn(&self, email: &str) -> anyhow::Result<Drawn> {
        Drawn::of(&self.link(email)?)
    }

    fn totp(&self, email: &str) -> anyhow::Result<Totp> {
        // A colon ends the issuer in such a link.
        Ok(Builder::new()
            .with_secret(self.0)
            .with_skew(1)
            .with_issuer(Some(ISSUER))
            .with_account_name(email.replace(':', " "))
            .build()?)
    }
}

/// A QR code, for an SVG that is part of the page.
#[derive(Debug, Clone, Serialize)]
pub struct Drawn {
    /// How wide and high it is, in modules, its quiet zone (ISO/IEC 18004 §9.1) with it.
    pub side: usize,
    /// The dark modules, as the `d` of a path.
    pub path: String,
}

impl Drawn {
    const QUIET: usize = 4;

    fn of(text: &str) -> anyhow::Result<Self> {
        let code = QrCode::new(text).context("the link does not fit into a QR code")?;
        let (width, colours) = (code.width(), code.to_colors());
        let dark = |at: &usize| colours.get(*at) == Some(&Color::Dark);
        let path = (0..width * width).filter(dark).fold(String::new(), |path, at| {
            let (x, y) = (at % width + Self::QUIET, at / width + Self::QUIET);
            path + &format!("M{x} {y}h1v1h-1z")
        });
        Ok(Self { side: width + 2 * Self::QUIET, path })
    }
}

/// Recovery codes as a person keeps them, three groups of four each.
pub fn fresh_recovery_codes() -> Vec<String> {
    let code = || {
        let chars =
            random::bytes::<RECOVERY_CHARS>().map(|byte| char::from(ALPHABET[usize::from(byte & 31)]));
        let groups: Vec<String> = chars.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join("-")
    };
    (0..RECOVERY_CODES).map(|_| code()).collect()
}

/// What the database knows a recovery code by, however it was typed.
pub fn recovery_hash(key: &DataKey, account_id: AccountId, typed: &str) -> CodeHash {
    key.hash(account_id, &plain(typed))
}

/// What somebody proves with a text, if it is a code of this factor. Any other text may be a recovery code: the database
/// knows.
pub fn proof(
    key: &DataKey,
    account_id: AccountId,
    factor: &Factor,
    typed: &str,
    at: DateTime<Utc>,
) -> anyhow::Result<Option<Proof>> {
    let text = plain(typed);
    if text.chars().count() == RECOVERY_CHARS {
        return Ok(Some(Proof::RecoveryCode(key.hash(account_id, &text))));
    }
    let Some(sealed) = &factor.sealed_secret else { return Ok(None) };
    let step = Secret::open(key, account_id, sealed)?.step_of(&text, at);
    Ok(step.map(|step| Proof::Code { step }))
}

/// Without spaces and hyphens, in capitals, letters that look like digits as those digits.
fn plain(typed: &str) -> String {
    let kept = typed.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.map(|c| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a moment")
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B, the last six of eight digits.
        let secret = Secret(*b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(secret.code(at(seconds)).expect("a code"), code);
            assert_eq!(secret.step_of(code, at(seconds)), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_one_step_early_and_one_step_late() {
        let secret = Secret(*b"12345678901234567890");
        let code = secret.code(at(3_000)).expect("a code");
        for (seconds, good) in [(2_969, false), (2_970, true), (3_029, true), (3_059, true), (3_060, false)] {
            assert_eq!(secret.step_of(&code, at(seconds)), good.then_some(100), "{seconds}");
        }
        for wrong in ["", "12345", "1234567", "12345a", "１２３４５６"] {
            assert_eq!(secret.step_of(wrong, at(3_000)), None, "{wrong:?}");
        }
    }

    #[test]
    fn an_app_is_told_everything_it_needs() {
        let secret = Secret(*b"12345678901234567890");
        let link = secret.link("mira@example.org").expect("a link");
        assert!(link.starts_with("otpauth://totp/AI%20Gallery:mira%40example.org?"), "{link}");
        assert!(link.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"), "{link}");
        assert_eq!(secret.groups().join(""), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        assert!(Secret::from_base32(&secret.groups().join("")) == Some(secret.clone()));
        assert!(secret.link("odd:one@example.org").is_ok(), "an address with a colon");
        let drawn = secret.drawn("mira@example.org").expect("a QR code");
        // The corner of the first finder pattern stands right behind the quiet zone.
        assert!(drawn.side > 40 && drawn.path.starts_with("M4 4h1v1h-1z"), "{drawn:?}");
    }

    #[test]
    fn recovery_codes_differ_and_are_read_as_people_type() {
        let codes = fresh_recovery_codes();
        let different: std::collections::BTreeSet<_> = codes.iter().collect();
        assert_eq!((codes.len(), different.len()), (10, 10));
        assert!(codes.iter().all(|code| code.len() == 14 && code.chars().filter(|c| *c == '-').count() == 2));
        assert_eq!(plain(" abc0-o1Il-xyz9 "), "ABC00111XYZ9");
    }
}
