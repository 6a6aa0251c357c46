//! Hearts that members give to pictures in the gallery: one each.

use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause, StaleTransition,
    ids::{AccountId, ImageId},
};

/// Gives a picture in the gallery somebody's heart, or takes it back. Twice is once. The count on the picture's row changes in
/// the same transaction, so that lists need not count.
pub async fn set_loved(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
    loved: bool,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    // Held until the end: who loves the same picture at the same time waits for the count.
    let hangs = sqlx::query_scalar!(
        "select 1 from images where id = $1 and visibility = 'published' for no key update",
        id as ImageId
    )
    .fetch_optional(&mut *tx)
    .await?;
    if hangs.is_none() {
        return Ok(Err(StaleTransition));
    }
    let changed = if loved {
        let given = sqlx::query!(
            "insert into loves (image_id, account_id, created_at) values ($1, $2, $3) on conflict do nothing",
            id as ImageId,
            account_id as AccountId,
            cause.at,
        )
        .execute(&mut *tx)
        .await?;
        i32::from(given.rows_affected() == 1)
    } else {
        let taken = sqlx::query!(
            "delete from loves where image_id = $1 and account_id = $2",
            id as ImageId,
            account_id as AccountId,
        )
        .execute(&mut *tx)
        .await?;
        -i32::from(taken.rows_affected() == 1)
    };
    sqlx::query!("update images set loves = loves + $2 where id = $1", id as ImageId, changed)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes back the hearts of an account that is erased, and forgets what it said against pictures. That it reported them, and what
/// staff made of it, stays.
pub(crate) async fn forget_opinions(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "with gone as (delete from loves where account_id = $1 returning image_id)
         update images i set loves = i.loves - 1 from gone where i.id = gone.image_id",
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update reports set words = '' where account_id = $1", account_id as AccountId)
        .execute(&mut **tx)
        .await?;
    Ok(())
}
