//! The one home of randomness, so that nobody reaches for a generator that is not fit for secrets.

use chrono::{DateTime, Utc};
use rand::RngCore;
use uuid::{NoContext, Timestamp, Uuid};

/// Bytes that nobody can foresee: rand's generator for secrets, seeded by the system.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::rng().fill_bytes(&mut bytes);
    bytes
}

/// A new id that sorts at this moment: of a request, or of a form that is to be sent once.
pub(crate) fn id(at: DateTime<Utc>) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}
