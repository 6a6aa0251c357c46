//! Generations: a customer's request for pictures, from the sentence to the answer.
//!
//! queued ⇄ generating → ready · refused · failed; queued → cancelled. A call that failed puts it back into the queue.

mod clearing;
mod drawing;
mod history;
mod news;
mod previews;
mod reading;
mod requesting;
mod sizes;
mod waiting;
mod wishes;

use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

pub use clearing::{Unchecked, clear, source_gone, turn_down, unchecked};
pub(crate) use drawing::mark_open_calls_ambiguous;
pub use drawing::{
    Answer, Begun, CallEnd, CallState, Drawing, Picture, Terms, answered, begin, end_call, expire_overdue,
    refuse,
};
pub use history::{Shown, Wanted, history, see, see_all};
pub use news::WATCHED_FOR;
pub use previews::{PREVIEW_WIDTH, preview, preview_number, prune_previews, show_preview};
pub use reading::{Generation, Recent, drawing_since, find, recent_prompts, source};
pub use requesting::{Limits, Refusal, request};
pub use sizes::Size;
pub use waiting::{Line, Pace, line};
pub use wishes::{COUNT_MAX, PROMPT_MAX, PromptError, Quality, Style, Wish, check_prompt};

use crate::{
    Cause, StaleTransition, credits,
    ids::{AccountId, GenerationId},
};

/// Where a generation stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum GenerationState {
    /// Waits for a worker.
    Queued,
    /// A worker has it; the provider may have been asked.
    Generating,
    /// The pictures are here.
    Ready,
    /// The provider will not draw this.
    Refused,
    /// No picture could be made.
    Failed,
    /// Taken back by the customer before it began.
    Cancelled,
}

impl GenerationState {
    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Queued | Self::Generating => false,
            Self::Ready | Self::Refused | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// What the customer reads when every try failed, or the first one showed that no other will do better.
const FAILED: &str =
    "We tried, but the picture did not come out. Nothing was charged. Please try again in a while.";

/// Takes a request back that has not begun, and gives its credits back. Its job finds nothing to do.
pub async fn cancel(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: GenerationId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query!(
        "update generations set state = 'cancelled', finished_at = $3 where id = $1 and account_id = $2 and state = 'queued'",
        id as GenerationId,
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    credits::release(&mut tx, cause, id).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Ends a generation whose job is out of tries. A call that is still open got no answer.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, cause: &Cause, id: GenerationId) -> sqlx::Result<()> {
    mark_open_calls_ambiguous(tx, cause, id).await?;
    fail(tx, cause, id, FAILED).await
}

async fn fail(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: GenerationId,
    problem: &str,
) -> sqlx::Result<()> {
    let failed = sqlx::query_as!(
        news::News,
        r#"update generations set state = 'failed', problem = $2, finished_at = $3 where id = $1 and state in ('queued', 'generating')
           returning id as "generation_id: GenerationId", account_id as "account_id: AccountId", created_at as asked_at"#,
        id as GenerationId,
        problem,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(news) = failed {
        news.tell_of_failure(tx, cause).await?;
        credits::release(tx, cause, id).await?;
        previews::forget_preview(tx, id).await?;
    }
    Ok(())
}

/// Takes back what an account that is shut has waiting. What is being drawn is paid for, and comes.
pub(crate) async fn cancel_waiting(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with cancelled as (
             update generations set state = 'cancelled', finished_at = $2 where account_id = $1 and state = 'queued' returning id
         )
         update credit_holds h set state = 'released', ended_at = $2 from cancelled
         where h.generation_id = cancelled.id and h.state = 'held'",
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Ends whatever an account that is erased still waits for. An answer that comes later changes nothing but its call's record.
pub(crate) async fn end_all(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with cancelled as (
             update generations set state = 'cancelled', finished_at = $2
             where account_id = $1 and state in ('queued', 'generating') returning id
         ), unseen as (
             delete from generation_previews p using cancelled where p.generation_id = cancelled.id
         )
         update credit_holds h set state = 'released', ended_at = $2 from cancelled
         where h.generation_id = cancelled.id and h.state = 'held'",
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets what an account that is erased asked for, but for what stands beside a picture in the gallery.
pub(crate) async fn forget_sentences(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "update generations g set prompt = '(erased)' where g.account_id = $1 and prompt <> '(erased)'
         and not exists (select from images i where i.generation_id = g.id and i.visibility = 'published')",
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
