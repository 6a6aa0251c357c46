//! Pictures that customers bring along: taken within limits, and opened one at a time, so that whatever comes takes at most
//! [`ROOM`] and [`DECODED_MAX`] of memory together. What is kept is a picture that we encoded: nothing else of the file is.

mod jpeg;
mod opening;
mod png;
mod shrinking;
mod webp;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use shop::{ids::AccountId, sources::Brought};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

pub use opening::{DECODED_MAX, PIXELS_MAX, SIDE_MAX, SIDE_MIN, Unfit};

use crate::error::Problem;

/// Longest file, in bytes.
pub const FILE_MAX: usize = 20 * 1024 * 1024;
/// Memory that all files under way may take together, in bytes. Each takes what came of it, and nothing in advance.
pub const ROOM: usize = 24 * 1024 * 1024;
/// Room is given in pieces of so many bytes.
const PIECE: usize = 64 * 1024;
/// A file of up to so many bytes is kept as anything else is.
const SMALL: usize = 256 * 1024;
/// glibc gives an allocation over 32 MB pages of its own, and back to the system with it; what is smaller, it keeps for the
/// next one, in each thread anew. Pages that are not written to take no memory.
const PAGES_OF_ITS_OWN: usize = 33 * 1024 * 1024;
/// How long somebody waits for their turn before we ask them to try again.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why there is no picture to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UploadError {
    /// More than [`FILE_MAX`].
    #[error("the file is too large")]
    TooLarge,
    /// More than one file.
    #[error("more than one file came")]
    Several,
    /// Nobody is signed in: nothing was kept.
    #[error("nobody is signed in")]
    SignedOut,
    /// This account sends another one at the moment.
    #[error("another one of the account is under way")]
    OneAtATime,
    /// Too many are under way.
    #[error("too many are under way")]
    NoRoom,
    /// It is no picture that we can start from.
    #[error(transparent)]
    Unfit(#[from] Unfit),
}

/// A file that came with a form.
pub struct Upload {
    bytes: Vec<u8>,
    room: Room,
}

/// What a file takes up until it is let go.
struct Room {
    all: Arc<Semaphore>,
    taken: Option<OwnedSemaphorePermit>,
    _account: Turn,
}

/// Of one account, one file at a time.
struct Turn {
    accounts: Arc<Mutex<HashSet<AccountId>>>,
    account_id: AccountId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.account_id);
    }
}

impl std::fmt::Debug for Upload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Upload").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

impl Upload {
    /// With one more piece, if it may grow by it.
    pub fn with(mut self, piece: &[u8]) -> Result<Self, UploadError> {
        let length = self.bytes.len() + piece.len();
        if length > FILE_MAX {
            return Err(UploadError::TooLarge);
        }
        let taken = self.room.taken.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let more = length.div_ceil(PIECE).saturating_sub(taken);
        if more > 0 {
            let more = u32::try_from(more).map_err(|_| UploadError::NoRoom)?;
            let more = Arc::clone(&self.room.all).try_acquire_many_owned(more);
            let more = more.map_err(|_| UploadError::NoRoom)?;
            match &mut self.room.taken {
                Some(taken) => taken.merge(more),
                None => self.room.taken = Some(more),
            }
        }
        if self.bytes.capacity() < length && length > SMALL {
            let mut pages = buffer(FILE_MAX);
            pages.extend_from_slice(&self.bytes);
            self.bytes = pages;
        }
        self.bytes.extend_from_slice(piece);
        Ok(self)
    }
}

/// An empty buffer for so many bytes.
fn buffer(size: usize) -> Vec<u8> {
    Vec::with_capacity(size.max(PAGES_OF_ITS_OWN))
}

/// Takes files in and opens them.
pub struct Uploads {
    room: Arc<Semaphore>,
    accounts: Arc<Mutex<HashSet<AccountId>>>,
    turns: Arc<Semaphore>,
}

impl Uploads {
    /// With nothing under way.
    #[expect(clippy::new_without_default, reason = "one per site, made with intent")]
    pub fn new() -> Self {
        Self {
            room: Arc::new(Semaphore::new(ROOM / PIECE)),
            accounts: Arc::default(),
            turns: Arc::new(Semaphore::new(1)),
        }
    }

    /// Begins to take a file in.
    pub fn begin(&self, account_id: AccountId) -> Result<Upload, UploadError> {
        if !self.accounts.lock().unwrap_or_else(PoisonError::into_inner).insert(account_id) {
            return Err(UploadError::OneAtATime);
        }
        let account = Turn { accounts: Arc::clone(&self.accounts), account_id };
        let room = Room { all: Arc::clone(&self.room), taken: None, _account: account };
        Ok(Upload { bytes: Vec::new(), room })
    }

    /// Reads a file as a picture: made smaller if it is large, turned as it was held, encoded anew.
    pub async fn open(&self, upload: Upload) -> Result<Result<Brought, UploadError>, Problem> {
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Ok(Err(UploadError::NoRoom)) };
        let opened = spawn_blocking(move || {
            // Held by the work, not by the request: who hangs up does not make room for one more.
            let (_turn, Upload { bytes, room }) = (turn, upload);
            let opened = opening::open(bytes);
            drop(room);
            opened
        });
        match opened.await {
            Ok(opened) => Ok(opened.map_err(UploadError::Unfit)),
            // A decoder that trips over a file says as much about the file as an error does.
            Err(error) if error.is_panic() => {
                tracing::warn!("a decoder panicked over a picture that somebody brought along");
                Ok(Err(UploadError::Unfit(Unfit::Broken)))
            }
            Err(error) => Err(Problem::Broken(error.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn room_is_taken_as_it_is_needed_and_given_back() {
        let uploads = Uploads::new();
        let [one, other] = [AccountId::new(DateTime::UNIX_EPOCH), AccountId::new(DateTime::UNIX_EPOCH)];
        let piece = vec![0; 1024 * 1024];
        let grow = |upload: Upload, by| (0..by).try_fold(upload, |upload, _| upload.with(&piece));
        let first = grow(uploads.begin(one).expect("room"), 20).expect("twenty megabytes");
        assert_eq!(uploads.begin(one).expect_err("one at a time"), UploadError::OneAtATime);
        let second = uploads.begin(other).expect("room for a small one");
        assert_eq!(grow(second, 5).expect_err("no room"), UploadError::NoRoom);
        assert_eq!(first.with(&[0]).expect_err("too large"), UploadError::TooLarge);
        grow(uploads.begin(other).expect("given back"), 20).expect("room again");
    }
}
