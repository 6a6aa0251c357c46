//! Pictures that customers bring along to start from: staged (bytes in Postgres) → stored (in object storage) → removed, once
//! nobody has used them for a while.

mod drawing_from;
mod storing;

use chrono::Duration;
use sqlx::{PgPool, PgTransaction};

pub(crate) use drawing_from::take_up;
pub use drawing_from::{Original, SourceImage, of_generation};
pub use storing::{Staged, remove, staged, stored};

use crate::{
    Cause,
    ids::{AccountId, SourceId},
    jobs::Job,
};

/// How long one is kept after it was last used.
pub const KEPT_FOR: Duration = Duration::days(30);
/// The media type of all of them, whatever was brought along.
pub const MEDIA_TYPE: &str = "image/jpeg";

/// Where its bytes are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, sqlx::Type)]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SourceState {
    /// In Postgres.
    Staged,
    /// In object storage.
    Stored,
    /// Gone.
    Removed,
}

/// A picture that was read, made harmless and encoded anew.
#[derive(Debug, Clone)]
pub struct Brought {
    /// A JPEG.
    pub bytes: Vec<u8>,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Of the bytes.
    pub sha256: [u8; 32],
}

/// One as pages show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Which one.
    pub id: SourceId,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Where its bytes are.
    pub state: SourceState,
}

/// Its key in object storage.
pub fn key(id: SourceId) -> String {
    format!("sources/{id}.jpg")
}

/// Takes a picture in, with the jobs that store it and that remove it one day. The same picture again is the same one.
pub async fn stage(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    brought: &Brought,
) -> sqlx::Result<SourceId> {
    let mut tx = db.begin().await?;
    let known = sqlx::query!(
        r#"select id as "id: SourceId", state as "state: SourceState" from source_images
           where account_id = $1 and sha256 = $2 for update"#,
        account_id as AccountId,
        brought.sha256.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let kept = known.filter(|known| match known.state {
        SourceState::Staged | SourceState::Stored => true,
        SourceState::Removed => false,
    });
    let id = if let Some(kept) = kept {
        sqlx::query!("update source_images set used_at = $2 where id = $1", kept.id as SourceId, cause.at)
            .execute(&mut *tx)
            .await?;
        kept.id
    } else {
        // Two at once meet in the index: the second one waits, and finds the row of the first.
        let id = sqlx::query_scalar!(
            r#"insert into source_images (id, account_id, width, height, sha256, staged_bytes, created_at, used_at)
               values ($1, $2, $3, $4, $5, $6, $7, $7)
               on conflict (account_id, sha256) do update set used_at = excluded.used_at,
                 state = case source_images.state when 'removed' then 'staged' else source_images.state end,
                 staged_bytes = case source_images.state when 'removed' then excluded.staged_bytes else source_images.staged_bytes end
               returning id as "id: SourceId""#,
            SourceId::new(cause.at) as SourceId,
            account_id as AccountId,
            brought.width,
            brought.height,
            brought.sha256.as_slice(),
            brought.bytes,
            cause.at,
        )
        .fetch_one(&mut *tx)
        .await?;
        Job::StoreSource { source_id: id }.enqueue(&mut tx, cause).await?;
        Job::PurgeSource { source_id: id }.enqueue_for(&mut tx, cause, cause.at + KEPT_FOR).await?;
        id
    };
    tx.commit().await?;
    Ok(id)
}

/// A picture that this account brought along and that is still there. Somebody else's does not exist.
pub async fn find(db: &PgPool, account_id: AccountId, id: SourceId) -> sqlx::Result<Option<Source>> {
    sqlx::query_as!(
        Source,
        r#"select id as "id: SourceId", width, height, state as "state: SourceState" from source_images
           where id = $1 and account_id = $2 and state <> 'removed'"#,
        id as SourceId,
        account_id as AccountId,
    )
    .fetch_optional(db)
    .await
}

/// The bytes of one that is not yet in object storage.
pub async fn staged_bytes(db: &PgPool, account_id: AccountId, id: SourceId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        r#"select staged_bytes as "bytes!" from source_images where id = $1 and account_id = $2 and state = 'staged'"#,
        id as SourceId,
        account_id as AccountId,
    )
    .fetch_optional(db)
    .await
}

/// Has everything that an account brought along removed at once, as when the account goes.
pub async fn purge_all(tx: &mut PgTransaction<'_>, cause: &Cause, account_id: AccountId) -> sqlx::Result<()> {
    let ids = sqlx::query_scalar!(
        r#"update source_images set used_at = $2 where account_id = $1 and state <> 'removed' returning id as "id: SourceId""#,
        account_id as AccountId,
        cause.at - KEPT_FOR,
    )
    .fetch_all(&mut **tx)
    .await?;
    for source_id in ids {
        Job::PurgeSource { source_id }.enqueue(tx, cause).await?;
    }
    Ok(())
}
