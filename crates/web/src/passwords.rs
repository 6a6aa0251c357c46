//! Passwords: Argon2id, hashed a few at a time, so that a crowd at the door does not take the shop's memory and cores.

use std::{borrow::Cow, num::NonZero, sync::Arc, thread::available_parallelism, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{error::Problem, random};

/// Fewest characters.
pub const CHARS_MIN: usize = 8;
/// Most bytes: long enough for any sentence, and nothing is ever cut off.
pub const BYTES_MAX: usize = 1_024;
/// How long somebody waits for their turn before we ask them to come back.
const PATIENCE: Duration = Duration::from_secs(5);

/// The minimum that OWASP's password storage cheat sheet asks for: 19 MiB, two passes, one lane.
const PARAMS: (u32, u32, u32) = (19_456, 2, 1);
/// A hash under the same parameters of a password that nobody has: checking it takes as long as checking a real one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZWJvZHkgZWxzZQ$6m9X6Oyi0kQ3wO3mFQqfO0C0p3bT9Q0l7m6vB3Zt2lU";

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// Fewer than [`CHARS_MIN`] characters.
    TooShort,
    /// More than [`BYTES_MAX`] bytes.
    TooLong,
}

impl PasswordError {
    /// What its owner reads.
    pub fn words(self) -> Cow<'static, str> {
        match self {
            Self::TooShort => format!("The password needs at least {CHARS_MIN} characters.").into(),
            Self::TooLong => {
                format!("The password is longer than {BYTES_MAX} bytes. Please choose a shorter one.").into()
            }
        }
    }
}

/// Checks a password that somebody chose.
pub fn check(password: &str) -> Result<(), PasswordError> {
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if password.chars().count() < CHARS_MIN { Err(PasswordError::TooShort) } else { Ok(()) }
}

/// Hashes and verifies, as many at once as there are cores.
pub struct Passwords {
    turns: Arc<Semaphore>,
}

impl Passwords {
    /// With nobody waiting.
    #[expect(clippy::new_without_default, reason = "one per site, made with intent")]
    pub fn new() -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get);
        Self { turns: Arc::new(Semaphore::new(cores)) }
    }

    /// The hash of a new password in PHC string format.
    pub async fn hash(&self, password: String) -> Result<String, Problem> {
        self.in_turn(move || {
            let salt = SaltString::encode_b64(&random::bytes::<16>()).map_err(broken)?;
            let hash = argon2().hash_password(password.as_bytes(), &salt).map_err(broken)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether this is the password of the hash. Without a hash the answer is no, after the same time.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Problem> {
        if password.len() > BYTES_MAX {
            return Ok(false);
        }
        self.in_turn(move || {
            let known = PasswordHash::new(hash.as_deref().unwrap_or(NOBODYS)).map_err(broken)?;
            let matches = argon2().verify_password(password.as_bytes(), &known).is_ok();
            Ok(matches && hash.is_some())
        })
        .await
    }

    async fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::Busy) };
        spawn_blocking(move || {
            // Held by the work, not by the request: who hangs up does not make room for one more.
            let _turn = turn;
            work()
        })
        .await
        .map_err(|error| Problem::Broken(error.into()))?
    }
}

fn argon2() -> Argon2<'static> {
    let (memory, passes, lanes) = PARAMS;
    let params = Params::new(memory, passes, lanes, None).expect("these are within Argon2's limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn broken(error: argon2::password_hash::Error) -> Problem {
    Problem::Broken(anyhow::anyhow!("a password could not be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_verified_by_its_own_hash_alone() {
        let passwords = Passwords::new();
        let hash = passwords.hash("correct horse".to_owned()).await.expect("a hash");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".to_owned(), Some(hash.clone())).await.expect("an answer"));
        assert!(!passwords.verify("wrong horse".to_owned(), Some(hash)).await.expect("an answer"));
        assert!(!passwords.verify("correct horse".to_owned(), None).await.expect("an answer"));
    }

    #[test]
    fn nobodys_hash_costs_what_a_real_one_costs() {
        let hash = PasswordHash::new(NOBODYS).expect("a PHC string");
        let params = Params::try_from(&hash).expect("parameters");
        assert_eq!((params.m_cost(), params.t_cost(), params.p_cost()), PARAMS);
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(check("1234567"), Err(PasswordError::TooShort));
        assert_eq!(check("ééééééé"), Err(PasswordError::TooShort));
        assert_eq!(check("ääääääää"), Ok(()));
        assert_eq!(check(&"x".repeat(BYTES_MAX)), Ok(()));
        assert_eq!(check(&"x".repeat(BYTES_MAX + 1)), Err(PasswordError::TooLong));
    }
}
