//! Deleting a picture: gone from sight at once, restorable for a while, then removed by a job.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use super::{Format, THUMBNAIL_WIDTHS, card_key, original_key, thumbnail_key};
use crate::{
    Cause, StaleTransition, generations,
    ids::{AccountId, ImageId},
    jobs::Job,
    mockups,
};

/// How long a deleted picture can be had back.
pub const RESTORABLE_FOR: Duration = Duration::hours(1);
/// How long it takes until it is looked again whether an order still needs a picture.
const NEEDED_FOR: Duration = Duration::days(1);
/// Removing begins so much later, so that it never meets somebody who restores in the last moment, nor clocks that differ.
const MARGIN: Duration = Duration::minutes(5);

/// Whether a deleted picture is to be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// Now: everything under these keys in object storage, then its row.
    Due(Vec<String>),
    /// Not before this moment: it can still be restored, or an order needs it.
    NotBefore(DateTime<Utc>),
    /// It was restored, or is gone already.
    Needless,
}

/// Takes a picture out of sight, and has it removed for good later.
pub async fn delete(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query!(
        "update images set deleted_at = $3, published_at = null, submitted_at = null, visibility = case visibility when 'hidden' then 'hidden' else 'private' end
         where id = $1 and account_id = $2 and deleted_at is null",
        id as ImageId,
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    Job::PurgeImage { image_id: id }.enqueue_for(&mut tx, cause, cause.at + RESTORABLE_FOR + MARGIN).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Brings a deleted picture back, as a private one, unless it was deleted too long ago.
pub async fn restore(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let moved = sqlx::query!(
        "update images set deleted_at = null where id = $1 and account_id = $2 and deleted_at > $3",
        id as ImageId,
        account_id as AccountId,
        cause.at - RESTORABLE_FOR,
    )
    .execute(db)
    .await?;
    Ok(if moved.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Whether a picture is to be removed for good.
pub async fn removal(db: &PgPool, cause: &Cause, id: ImageId) -> sqlx::Result<Removal> {
    let row = sqlx::query!(
        r#"select format as "format: Format", thumbnail_widths, deleted_at, is_ordered(id) as "is_ordered!" from images where id = $1"#,
        id as ImageId
    )
    .fetch_optional(db)
    .await?;
    let Some((row, deleted_at)) = row.and_then(|row| row.deleted_at.map(|at| (row, at))) else {
        return Ok(Removal::Needless);
    };
    let due = deleted_at + RESTORABLE_FOR;
    if cause.at < due {
        return Ok(Removal::NotBefore(due + MARGIN));
    }
    // Out of sight, but to be printed, or it was.
    if row.is_ordered {
        return Ok(Removal::NotBefore(cause.at + NEEDED_FOR));
    }
    let mut keys = vec![original_key(id, row.format), card_key(id)];
    // Also those that a job may have stored and not yet written down.
    let mut widths = row.thumbnail_widths;
    widths.extend(THUMBNAIL_WIDTHS);
    widths.sort_unstable();
    widths.dedup();
    for width in widths {
        keys.extend([Format::Webp, Format::Jpeg].map(|format| thumbnail_key(id, width, format)));
    }
    keys.extend(mockups::keys_of(db, id).await?);
    Ok(Removal::Due(keys))
}

/// Removes the row of a picture whose objects are gone.
pub async fn remove(db: &PgPool, cause: &Cause, id: ImageId) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from images where id = $1 and deleted_at <= $2 and not is_ordered(id)",
        id as ImageId,
        cause.at - RESTORABLE_FOR
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Has all pictures of an account that is erased removed at once, but for those in the gallery if they may stay there.
pub(crate) async fn remove_all(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    keep_published: bool,
) -> sqlx::Result<()> {
    // As if they had been deleted so long ago that nobody can have them back.
    let gone = sqlx::query_scalar!(
        r#"update images
           set deleted_at = least(deleted_at, $3), published_at = null, submitted_at = null,
               visibility = case visibility when 'hidden' then 'hidden' else 'private' end
           where account_id = $1 and not ($2 and visibility = 'published') returning id as "id: ImageId""#,
        account_id as AccountId,
        keep_published,
        cause.at - RESTORABLE_FOR,
    )
    .fetch_all(&mut **tx)
    .await?;
    for image_id in gone {
        Job::PurgeImage { image_id }.enqueue(tx, cause).await?;
    }
    Ok(())
}

/// Has a picture removed at once that an erased account left in the gallery, and that staff took out of it: there is nobody
/// whom it could go back to.
pub(super) async fn remove_of_erased(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update images set deleted_at = $2 where id = $1",
        id as ImageId,
        cause.at - RESTORABLE_FOR,
    )
    .execute(&mut **tx)
    .await?;
    generations::forget_sentences(tx, account_id).await?;
    Job::PurgeImage { image_id: id }.enqueue(tx, cause).await
}
