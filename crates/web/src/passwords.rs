//! Passwords: which are accepted, and Argon2id, hashed a few at a time and behind everything else, so that a crowd at the
//! door does not take the shop's memory and cores.

mod common;

use std::{
    borrow::Cow,
    num::NonZero,
    sync::Arc,
    thread::{self, available_parallelism},
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::SaltString,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot},
    time::timeout,
};

use crate::{error::Problem, random};

/// Fewest characters.
pub const CHARS_MIN: usize = 8;
/// Most bytes: long enough for any sentence, and nothing is ever cut off.
pub const BYTES_MAX: usize = 1_024;
/// How many may wait for each turn; who comes after them is asked at once to come back. At 25 ms a hash these wait 0.8 s.
const WAITING_PER_TURN: usize = 32;
/// How long somebody waits for their turn before we ask them to come back, when the cores have more important things to do.
const PATIENCE: Duration = Duration::from_secs(5);
/// How far threads that hash step back behind those that answer pages, in the kernel's nice values: they get a tenth of a
/// contested core and every idle one. Further back, a busy gallery could keep people from signing in at all.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The minimum that OWASP's password storage cheat sheet asks for: 19 MiB, two passes, one lane.
const PARAMS: (u32, u32, u32) = (19_456, 2, 1);
/// A hash under the same parameters of a password that nobody has: checking it takes as long as checking a real one.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c29tZWJvZHkgZWxzZQ$6m9X6Oyi0kQ3wO3mFQqfO0C0p3bT9Q0l7m6vB3Zt2lU";

/// Shortest name in an address that may not be part of the password; shorter ones are part of too many words.
const NAME_CHARS_MIN: usize = 4;
/// What the shop is called, as far as it is letters.
const SHOPS_NAME: &str = "aigallery";

/// Why a password is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordError {
    /// Fewer than [`CHARS_MIN`] characters.
    TooShort,
    /// More than [`BYTES_MAX`] bytes.
    TooLong,
    /// Among the first that anybody tries.
    Common,
    /// The name of the address is in it.
    OwnName,
    /// It is what the shop is called.
    ShopsName,
}

impl PasswordError {
    /// What its owner reads.
    pub fn words(self) -> Cow<'static, str> {
        match self {
            Self::TooShort => format!("The password needs at least {CHARS_MIN} characters.").into(),
            Self::TooLong => {
                format!("The password is longer than {BYTES_MAX} bytes. Please choose a shorter one.").into()
            }
            Self::Common => "Many people use this password, so it is among the first that a thief tries. Please choose another: a few words in a row are easy to keep in mind.".into(),
            Self::OwnName => "The password has the name of your e-mail address in it, which is easy to guess. Please choose another.".into(),
            Self::ShopsName => "The password is the name of this shop, which is easy to guess. Please choose another.".into(),
        }
    }
}

/// Checks a password that somebody chose for the account with this address. Any characters are fine, in any mixture, and
/// all of them count.
pub fn check(password: &str, email: &str) -> Result<(), PasswordError> {
    if password.len() > BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    if password.chars().count() < CHARS_MIN {
        return Err(PasswordError::TooShort);
    }
    let folded = password.to_lowercase();
    if common::contains(&folded) {
        return Err(PasswordError::Common);
    }
    let name = email.trim().rsplit_once('@').map_or("", |(name, _)| name).to_lowercase();
    if name.chars().count() >= NAME_CHARS_MIN && folded.contains(&name) {
        return Err(PasswordError::OwnName);
    }
    if folded.chars().filter(|c| c.is_alphabetic()).eq(SHOPS_NAME.chars()) {
        return Err(PasswordError::ShopsName);
    }
    Ok(())
}

/// Hashes and verifies, on half of the cores at most: stepping back helps little when a page needs a core this very
/// millisecond and each of them is in a hash (`./bench signin`).
pub struct Passwords {
    turns: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

impl Passwords {
    /// With nobody waiting.
    #[expect(clippy::new_without_default, reason = "one per site, made with intent")]
    pub fn new() -> Self {
        let turns = (available_parallelism().map_or(1, NonZero::get) / 2).max(1);
        let places = turns * (1 + WAITING_PER_TURN);
        Self { turns: Arc::new(Semaphore::new(turns)), places: Arc::new(Semaphore::new(places)) }
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
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Problem::Busy)?;
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Err(Problem::Busy) };
        on_a_thread_behind(work, [place, turn]).await
    }
}

/// Works on a thread of its own: what a thread steps back by cannot be taken back, and whatever tokio's own threads do next
/// would be slow as well. Starting one takes a thousandth of the time of a hash.
async fn on_a_thread_behind<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    held: [OwnedSemaphorePermit; 2],
) -> Result<T, Problem> {
    let (tell, told) = oneshot::channel();
    let worked = move || {
        step_back();
        let answer = work();
        // Held by the work, not by the request: who hangs up does not make room for one more.
        drop(held);
        tell.send(answer).ok();
    };
    let started = thread::Builder::new().name("passwords".to_owned()).spawn(worked);
    started.map_err(|error| Problem::Broken(error.into()))?;
    told.await.map_err(|_| Problem::Broken(anyhow::anyhow!("the thread that hashed a password panicked")))?
}

/// Lets other threads come first, as far as the system does that by thread.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!("passwords are hashed at the priority of pages: {error}");
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

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_told_so_at_once() {
        let passwords = Passwords { turns: Arc::new(Semaphore::new(1)), places: Arc::new(Semaphore::new(1)) };
        let (first, second) =
            tokio::join!(passwords.verify("a".to_owned(), None), passwords.verify("b".to_owned(), None));
        assert!(matches!((first, second), (Ok(false), Err(Problem::Busy))));
        assert!(passwords.verify("c".to_owned(), None).await.is_ok(), "there is a place again");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn hashing_steps_back_and_nobody_else() {
        let nice = |of| rustix::process::getpriority_process(of).expect("a priority");
        let before = nice(None);
        let there = thread::spawn(move || {
            step_back();
            nice(None)
        });
        assert_eq!(there.join().expect("no panic"), NICE.max(before));
        assert_eq!(nice(None), before);
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        let check = |password: &str| check(password, "mira@example.org");
        assert_eq!(check("vq7-k2x"), Err(PasswordError::TooShort));
        assert_eq!(check("ééééééé"), Err(PasswordError::TooShort));
        assert_eq!(check("ääääääää"), Ok(()));
        assert_eq!(check(&"x".repeat(BYTES_MAX)), Ok(()));
        assert_eq!(check(&"x".repeat(BYTES_MAX + 1)), Err(PasswordError::TooLong));
    }

    #[test]
    fn what_everybody_would_guess_is_refused() {
        for (password, email, expected) in [
            ("password", "a@example.org", Err(PasswordError::Common)),
            ("PassWord1", "a@example.org", Err(PasswordError::Common)),
            ("12345678", "a@example.org", Err(PasswordError::Common)),
            ("Mira.Okafor", "mira.okafor@example.org", Err(PasswordError::OwnName)),
            ("oh, MIRA.OKAFOR!", " Mira.Okafor@example.org ", Err(PasswordError::OwnName)),
            ("an admiral at sea", "mira@example.org", Err(PasswordError::OwnName)),
            ("nobody knows ada", "ada@example.org", Ok(())),
            ("AI Gallery", "a@example.org", Err(PasswordError::ShopsName)),
            ("ai-gallery-2026", "a@example.org", Err(PasswordError::ShopsName)),
            ("the ai gallery around the corner", "a@example.org", Ok(())),
            ("no address yet", "", Ok(())),
            ("        ", "a@example.org", Ok(())),
            ("密码密码密码密码", "a@example.org", Ok(())),
        ] {
            assert_eq!(check(password, email), expected, "{password}");
        }
    }
}
