//! Deleting a picture: gone from sight at once, restorable for a while, then removed by a job.

use chrono::Duration;
use sqlx::PgPool;

use super::{Format, original_key, thumbnail_key};
use crate::{
    Cause, StaleTransition,
    ids::{AccountId, ImageId},
    jobs::Job,
};

/// How long a deleted picture can be had back.
pub const RESTORABLE_FOR: Duration = Duration::hours(1);

/// Takes a picture out of sight, and has it removed for good later.
pub async fn delete(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query!(
        "update images set deleted_at = $3, published_at = null, visibility = case visibility when 'hidden' then 'hidden' else 'private' end
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
    Job::PurgeImage { image_id: id }.enqueue_for(&mut tx, cause, cause.at + RESTORABLE_FOR).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Brings a deleted picture back, as a private one.
pub async fn restore(
    db: &PgPool,
    account_id: AccountId,
    id: ImageId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let moved = sqlx::query!(
        "update images set deleted_at = null where id = $1 and account_id = $2 and deleted_at is not null",
        id as ImageId,
        account_id as AccountId,
    )
    .execute(db)
    .await?;
    Ok(if moved.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// The keys in object storage of a picture that is due to be removed. Nothing if it was restored, or deleted again since
/// (then a later job removes it), or is gone.
pub async fn purgeable(db: &PgPool, cause: &Cause, id: ImageId) -> sqlx::Result<Option<Vec<String>>> {
    let row = sqlx::query!(
        r#"select format as "format: Format", thumbnail_widths from images where id = $1 and deleted_at <= $2"#,
        id as ImageId,
        cause.at - RESTORABLE_FOR,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| {
        let mut keys = vec![original_key(id, row.format)];
        for width in row.thumbnail_widths {
            keys.extend([Format::Webp, Format::Jpeg].map(|format| thumbnail_key(id, width, format)));
        }
        keys
    }))
}

/// Removes the row of a picture whose objects are gone.
pub async fn purge(db: &PgPool, cause: &Cause, id: ImageId) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from images where id = $1 and deleted_at <= $2",
        id as ImageId,
        cause.at - RESTORABLE_FOR
    )
    .execute(db)
    .await?;
    Ok(())
}
