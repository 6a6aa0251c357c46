//! From the owner's side: into the gallery, and out of it.

use sqlx::{PgPool, PgTransaction};

use super::Visibility;
use crate::{
    Cause, StaleTransition, blocklists,
    ids::{AccountId, ImageId},
    jobs::Job,
};

/// Why a picture does not go to the gallery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmissionError {
    /// There is a word in the title that we do not draw, and do not hang up either.
    #[error("the title has a word of the blocklist")]
    Blocked,
    /// There is one in its sentence, which would hang beside it: the list is another one than when it was drawn.
    #[error("the sentence has a word of the blocklist")]
    BlockedSentence,
    /// It is there already, staff took it down, or it is deleted.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// Hands a private picture in for the gallery under a title. With `reviewed`, staff look at it first; without, it hangs there
/// at once.
pub async fn submit(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
    title: &str,
    reviewed: bool,
) -> sqlx::Result<Result<(), SubmissionError>> {
    let mut tx = db.begin().await?;
    if blocklists::find(&mut tx, title).await?.is_some() {
        return Ok(Err(SubmissionError::Blocked));
    }
    let prompt = sqlx::query_scalar!(
        "select g.prompt from images i join generations g on g.id = i.generation_id where i.id = $1 and i.account_id = $2",
        id as ImageId,
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(prompt) = prompt else { return Ok(Err(StaleTransition.into())) };
    if blocklists::find(&mut tx, &prompt).await?.is_some() {
        return Ok(Err(SubmissionError::BlockedSentence));
    }
    let submitted = sqlx::query!(
        "update images set visibility = $4, submitted_at = $5, title = $3, review_note = ''
         where id = $1 and account_id = $2 and visibility = 'private' and deleted_at is null",
        id as ImageId,
        account_id as AccountId,
        title,
        Visibility::Submitted as Visibility,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if submitted.rows_affected() == 0 {
        return Ok(Err(StaleTransition.into()));
    }
    if !reviewed {
        hang(&mut tx, cause, id).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes a picture out of the gallery, or back before it hangs there. Only its owner sees it then. One that staff took down
/// stays as it is.
pub async fn withdraw(
    db: &PgPool,
    account_id: AccountId,
    id: ImageId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let moved = sqlx::query!(
        "update images set visibility = 'private', submitted_at = null, published_at = null
         where id = $1 and account_id = $2 and visibility in ('submitted', 'published') and deleted_at is null",
        id as ImageId,
        account_id as AccountId,
    )
    .execute(db)
    .await?;
    Ok(if moved.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Shows a picture to everybody, and has the picture made that goes with links to it.
pub(super) async fn hang(tx: &mut PgTransaction<'_>, cause: &Cause, id: ImageId) -> sqlx::Result<()> {
    // One that was taken down before pictures had titles gets one here.
    let hung = sqlx::query!(
        r"update images i set visibility = 'published', published_at = $2, submitted_at = null, review_note = '',
                 title = coalesce(nullif(i.title, ''), left(regexp_replace(btrim(g.prompt), '\s+', ' ', 'g'), 80)),
                 words = search_words(i.title || ' ' || g.prompt)
          from generations g where i.id = $1 and g.id = i.generation_id returning i.has_card",
        id as ImageId,
        cause.at,
    )
    .fetch_one(&mut **tx)
    .await?;
    if !hung.has_card {
        Job::MakeCard { image_id: id }.enqueue(tx, cause).await?;
    }
    Ok(())
}
