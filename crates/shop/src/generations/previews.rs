//! What can be seen of a picture while it is drawn. Nobody pays for it or keeps it: it is replaced by the next one, and gone when
//! the request ends.

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause,
    ids::{AccountId, CallId, GenerationId},
};

/// How large a preview is at most along its width, in pixels.
pub const PREVIEW_WIDTH: i32 = 320;

/// Shows a preview, unless its call has ended or a later one is there.
pub async fn show_preview(
    db: &PgPool,
    cause: &Cause,
    call_id: CallId,
    number: i16,
    webp: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into generation_previews as p (generation_id, number, webp, made_at)
         select c.generation_id, $2, $3, $4 from provider_calls c where c.id = $1 and c.state = 'open'
         on conflict (generation_id) do update set number = excluded.number, webp = excluded.webp, made_at = excluded.made_at
         where p.number < excluded.number",
        call_id as CallId,
        number,
        webp,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Which preview there is of a generation, if there is one.
pub async fn preview_number(db: &PgPool, id: GenerationId) -> sqlx::Result<Option<i16>> {
    sqlx::query_scalar!("select number from generation_previews where generation_id = $1", id as GenerationId)
        .fetch_optional(db)
        .await
}

/// The preview of a generation of this account, as WebP. Somebody else's does not exist.
pub async fn preview(db: &PgPool, account_id: AccountId, id: GenerationId) -> sqlx::Result<Option<Vec<u8>>> {
    sqlx::query_scalar!(
        "select p.webp from generation_previews p join generations g on g.id = p.generation_id
         where g.id = $1 and g.account_id = $2",
        id as GenerationId,
        account_id as AccountId,
    )
    .fetch_optional(db)
    .await
}

/// A call ended, one way or the other.
pub(super) async fn forget_preview(tx: &mut PgTransaction<'_>, id: GenerationId) -> sqlx::Result<()> {
    sqlx::query!("delete from generation_previews where generation_id = $1", id as GenerationId)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Removes previews that were left behind: one that came while its call ended. Returns how many there were.
pub async fn prune_previews(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<u64> {
    let pruned = sqlx::query!(
        "delete from generation_previews where made_at < $1::timestamptz - interval '1 hour'",
        at,
    )
    .execute(db)
    .await?;
    Ok(pruned.rows_affected())
}
