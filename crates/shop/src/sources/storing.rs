//! From the worker's side: on its way to object storage, and out of it.

use chrono::Duration;
use sqlx::PgPool;

use super::{KEPT_FOR, SourceState, key};
use crate::{Cause, ids::SourceId, images::Removal};

/// When removing one that a request waits for is tried again.
const WAITED_FOR: Duration = Duration::hours(1);

/// One whose bytes are still in Postgres.
#[derive(Debug)]
pub struct Staged {
    /// The encoded picture.
    pub bytes: Vec<u8>,
    /// Where it goes.
    pub key: String,
}

/// The bytes that are to be stored; nothing if they are stored already or gone.
pub async fn staged(db: &PgPool, id: SourceId) -> sqlx::Result<Option<Staged>> {
    let bytes = sqlx::query_scalar!(
        r#"select staged_bytes as "bytes!" from source_images where id = $1 and state = 'staged'"#,
        id as SourceId,
    )
    .fetch_optional(db)
    .await?;
    Ok(bytes.map(|bytes| Staged { bytes, key: key(id) }))
}

/// It is in object storage: lets the bytes in Postgres go. False if it was removed meanwhile, so that what was stored must go
/// too.
pub async fn stored(db: &PgPool, id: SourceId) -> sqlx::Result<bool> {
    sqlx::query!(
        "update source_images set state = 'stored', staged_bytes = null where id = $1 and state = 'staged'",
        id as SourceId,
    )
    .execute(db)
    .await?;
    sqlx::query_scalar!(
        r#"select exists (select from source_images where id = $1 and state = 'stored') as "stored!""#,
        id as SourceId
    )
    .fetch_one(db)
    .await
}

/// Marks it as removed, unless it was used lately or a request waits for it, and says what is then to go from object storage.
/// Asked again it says so again: a crash before the object went is followed by another try.
pub async fn remove(db: &PgPool, cause: &Cause, id: SourceId) -> sqlx::Result<Removal> {
    sqlx::query!(
        "update source_images s set state = 'removed', staged_bytes = null
         where id = $1 and used_at <= $2
           and not exists (select from generations where source_id = s.id and state in ('queued', 'generating'))",
        id as SourceId,
        cause.at - KEPT_FOR,
    )
    .execute(db)
    .await?;
    let row = sqlx::query!(
        r#"select used_at, state as "state: SourceState" from source_images where id = $1"#,
        id as SourceId
    )
    .fetch_optional(db)
    .await?;
    Ok(match row.map(|row| (row.state, row.used_at + KEPT_FOR)) {
        None => Removal::Needless,
        Some((SourceState::Removed, _)) => Removal::Due(vec![key(id)]),
        // A request waits for it longer than it was to be kept.
        Some((SourceState::Staged | SourceState::Stored, due)) => {
            Removal::NotBefore(due.max(cause.at + WAITED_FOR))
        }
    })
}
