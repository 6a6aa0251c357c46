//! Pictures that customers bring along: taken within limits, and opened one at a time. What comes in waits on disk and takes
//! no memory but [`SMALL`] each; the one that is opened takes at most [`FILE_MAX`] and [`DECODED_MAX`]. What is kept is a
//! picture that we encoded: nothing else of the file is.

mod jpeg;
mod opening;
mod png;
mod shrinking;
mod webp;

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read, Seek, Write},
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

use crate::{error::Problem, limits::TooOften};

/// Longest file, in bytes.
pub const FILE_MAX: usize = 20 * 1024 * 1024;
/// Files that may be under way at once, from all customers together: [`SMALL`] of memory and [`FILE_MAX`] of disk for each.
const PLACES: usize = 32;
/// What waits in memory until it goes to disk. A file that is shorter never does.
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
    /// The address of the account is not verified: nothing was kept.
    #[error("the address is not verified")]
    Unverified,
    /// This account began too many.
    #[error("too many in a short time")]
    TooOften(TooOften),
    /// It stopped coming, or came at a crawl.
    #[error("the file came too slowly")]
    TooSlow,
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
    /// What is not on disk.
    newest: Vec<u8>,
    /// What came before it, in a file without a name: the system removes it, whatever becomes of us.
    before: Option<File>,
    length: usize,
    room: Room,
}

/// What a file takes up until it is let go.
struct Room {
    _place: OwnedSemaphorePermit,
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
        f.debug_struct("Upload").field("bytes", &self.length).finish_non_exhaustive()
    }
}

impl Upload {
    /// With one more piece, if it may grow by it.
    pub async fn with(mut self, piece: &[u8]) -> Result<Self, UploadError> {
        self.length += piece.len();
        if self.length > FILE_MAX {
            return Err(UploadError::TooLarge);
        }
        self.newest.extend_from_slice(piece);
        if self.newest.len() <= SMALL {
            return Ok(self);
        }
        let written = spawn_blocking(move || self.written()).await.map_err(io::Error::other);
        written.flatten().map_err(|error| {
            tracing::warn!("a picture that somebody brought along could not be put on disk: {error}");
            UploadError::NoRoom
        })
    }

    fn written(mut self) -> io::Result<Self> {
        let mut before = self.before.take().map_or_else(tempfile::tempfile, Ok)?;
        before.write_all(&self.newest)?;
        self.newest.clear();
        self.before = Some(before);
        Ok(self)
    }

    /// All of it, and what it takes up.
    fn load(self) -> io::Result<(Vec<u8>, Room)> {
        let Some(mut before) = self.before else { return Ok((self.newest, self.room)) };
        let mut bytes = buffer(self.length);
        before.rewind()?;
        before.read_to_end(&mut bytes)?;
        bytes.extend_from_slice(&self.newest);
        Ok((bytes, self.room))
    }
}

/// An empty buffer for so many bytes.
fn buffer(size: usize) -> Vec<u8> {
    Vec::with_capacity(size.max(PAGES_OF_ITS_OWN))
}

/// Takes files in and opens them.
pub struct Uploads {
    places: Arc<Semaphore>,
    accounts: Arc<Mutex<HashSet<AccountId>>>,
    turns: Arc<Semaphore>,
}

impl Uploads {
    /// With nothing under way.
    #[expect(clippy::new_without_default, reason = "one per site, made with intent")]
    pub fn new() -> Self {
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
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
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| UploadError::NoRoom)?;
        let room = Room { _place: place, _account: account };
        Ok(Upload { newest: Vec::new(), before: None, length: 0, room })
    }

    /// Reads a file as a picture: made smaller if it is large, turned as it was held, encoded anew.
    pub async fn open(&self, upload: Upload) -> Result<Result<Brought, UploadError>, Problem> {
        let turn = timeout(PATIENCE, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(turn)) = turn else { return Ok(Err(UploadError::NoRoom)) };
        let opened = spawn_blocking(move || {
            // Held by the work, not by the request: who hangs up does not make room for one more.
            let _turn = turn;
            let (bytes, _room) = upload.load()?;
            Ok(opening::open(bytes))
        });
        match opened.await {
            Ok(Ok(opened)) => Ok(opened.map_err(UploadError::Unfit)),
            Ok(Err(error)) => Err(broken(error)),
            // A decoder that trips over a file says as much about the file as an error does.
            Err(error) if error.is_panic() => {
                tracing::warn!("a decoder panicked over a picture that somebody brought along");
                Ok(Err(UploadError::Unfit(Unfit::Broken)))
            }
            Err(error) => Err(Problem::Broken(error.into())),
        }
    }
}

fn broken(error: io::Error) -> Problem {
    Problem::Broken(
        anyhow::Error::new(error).context("a picture that somebody brought along is gone from disk"),
    )
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    fn somebody() -> AccountId {
        AccountId::new(DateTime::UNIX_EPOCH)
    }

    async fn grown(mut upload: Upload, megabytes: u8) -> Result<Upload, UploadError> {
        for number in 0..megabytes {
            upload = upload.with(&vec![number; 1024 * 1024]).await?;
        }
        Ok(upload)
    }

    #[tokio::test]
    async fn an_account_has_one_file_under_way_and_all_have_so_many() {
        let uploads = Uploads::new();
        let mira = somebody();
        let first = grown(uploads.begin(mira).expect("room"), 20).await.expect("twenty megabytes");
        assert_eq!(uploads.begin(mira).expect_err("one at a time"), UploadError::OneAtATime);
        let mut others = Vec::new();
        for _ in 1..PLACES {
            others.push(grown(uploads.begin(somebody()).expect("room"), 1).await.expect("room"));
        }
        assert_eq!(uploads.begin(somebody()).expect_err("no room"), UploadError::NoRoom);
        assert_eq!(first.with(&[0]).await.expect_err("too large"), UploadError::TooLarge);
        let again = uploads.begin(mira).expect("given back");
        assert_eq!(uploads.begin(somebody()).expect_err("no room"), UploadError::NoRoom);
        drop((again, others));
        assert_eq!(uploads.places.available_permits(), PLACES);
    }

    #[tokio::test]
    async fn what_waits_on_disk_comes_back_as_it_was_and_takes_little_memory() {
        let uploads = Uploads::new();
        let upload = grown(uploads.begin(somebody()).expect("room"), 3).await.expect("three megabytes");
        let upload = upload.with(b"the end").await.expect("a little more");
        assert!(upload.before.is_some() && upload.newest.capacity() < 3 * 1024 * 1024);
        let (bytes, _room) = upload.load().expect("all of it");
        let expected: Vec<u8> = (0..3).flat_map(|number| vec![number; 1024 * 1024]).collect();
        assert!(bytes == [&expected[..], b"the end"].concat());
    }
}
