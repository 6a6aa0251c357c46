//! The pictures that somebody likes best of their own.

use sqlx::PgPool;

use crate::{
    Cause, StaleTransition,
    ids::{AccountId, ImageId},
};

/// Puts a picture among its owner's favourites, or takes it out. Twice is once.
pub async fn set_favourite(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
    favourite: bool,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let changed = sqlx::query!(
        "update images set favourite_at = case when $3 then coalesce(favourite_at, $4) end
         where id = $1 and account_id = $2 and deleted_at is null",
        id as ImageId,
        account_id as AccountId,
        favourite,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(if changed.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}
