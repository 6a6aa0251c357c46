//! From the worker's side: how a picture is paid for once.
//!
//! First [`begin`] commits an open call, before anything is sent; then there is one call; then [`answered`] takes
//! everything that came into one transaction. A call whose answer never reached us is *ambiguous*: it counts as spent,
//! is tried once more, and then the generation fails.

use chrono::Duration;
use serde_json::Value;
use sqlx::{PgPool, PgTransaction};

use super::{GenerationState, Size, Style, fail};
use crate::{
    Cause,
    ids::{AccountId, CallId, GenerationId, ImageId},
    images::Format,
    jobs::Job,
    mails::{self, Letter},
    queue::Claim,
};

/// Calls of one generation that may be lost before it fails: the first, and one automatic second try.
const AMBIGUOUS_MAX: i64 = 2;

/// What the customer reads when two answers were lost.
const LOST: &str =
    "The picture was drawn, but it got lost on its way to us, twice. Nothing was charged. Please try again.";

/// A request waits no longer than this for a provider that lets nothing through.
const PATIENCE: Duration = Duration::hours(24);

/// What the customer reads when it did.
const EXPIRED: &str = "We could not draw this within a day, because the service that draws was not available. Nothing was charged. Please try again.";

/// So long somebody is taken to watch the page where the picture appears. Pictures that took longer are told by mail.
pub const WATCHED_FOR: Duration = Duration::seconds(60);

/// Where a call to a provider stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray, strum::IntoStaticStr, sqlx::Type)]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CallState {
    /// Sent, or about to be.
    Open,
    /// The pictures came.
    Answered,
    /// The provider will not draw this.
    Refused,
    /// It failed, and cost nothing.
    Failed,
    /// No answer reached us; it may have cost.
    Ambiguous,
}

/// How a call ended that brought no picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallEnd {
    /// It failed, and cost nothing.
    Failed,
    /// No answer reached us; it may have cost.
    Ambiguous,
}

/// What is to be asked of the provider, for which an open call is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// The call's record.
    pub call_id: CallId,
    /// The customer's sentence.
    pub prompt: String,
    /// How it is to look.
    pub style: Style,
    /// Its shape.
    pub size: Size,
    /// How many pictures.
    pub count: i16,
}

/// One picture of an answer.
#[derive(Debug, Clone)]
pub struct Picture {
    /// The encoded picture.
    pub bytes: Vec<u8>,
    /// How it is encoded.
    pub format: Format,
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Of the bytes.
    pub sha256: [u8; 32],
}

/// What a provider answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// At least one.
    pub pictures: Vec<Picture>,
    /// What it says that it cost, as it said it.
    pub usage: Option<Value>,
    /// Its id for the request.
    pub request_id: Option<String>,
}

/// Puts an open call on record, or says that there is nothing to draw (any more). An earlier call that is still open was
/// lost: it becomes ambiguous, and the second one of those ends the generation. Only the worker that holds the job may
/// begin: one that was taken for dead would otherwise mark its successor's live call, and pay a second time.
pub async fn begin(
    db: &PgPool,
    cause: &Cause,
    claim: &Claim,
    id: GenerationId,
    model: &str,
) -> sqlx::Result<Option<Drawing>> {
    let mut tx = db.begin().await?;
    if !claim.hold(&mut tx).await? {
        return Ok(None);
    }
    let Some(wish) = sqlx::query!(
        r#"select state as "state: GenerationState", prompt, style as "style: Style", size as "size: Size", count, created_at
           from generations where id = $1 for update"#,
        id as GenerationId,
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(None);
    };
    match wish.state {
        GenerationState::Queued | GenerationState::Generating => {}
        GenerationState::Ready
        | GenerationState::Refused
        | GenerationState::Failed
        | GenerationState::Cancelled => return Ok(None),
    }
    mark_open_calls_ambiguous(&mut tx, cause, id).await?;
    let calls = sqlx::query!(
        r#"select count(*) as "made!", count(*) filter (where state = 'ambiguous') as "ambiguous!" from provider_calls where generation_id = $1"#,
        id as GenerationId,
    )
    .fetch_one(&mut *tx)
    .await?;
    let hopeless = if calls.ambiguous >= AMBIGUOUS_MAX {
        Some(LOST)
    } else {
        (cause.at - wish.created_at > PATIENCE).then_some(EXPIRED)
    };
    if let Some(problem) = hopeless {
        fail(&mut tx, cause, id, problem).await?;
        tx.commit().await?;
        return Ok(None);
    }
    let call_id = CallId::new(cause.at);
    sqlx::query!(
        "insert into provider_calls (id, generation_id, ordinal, model, started_at) values ($1, $2, $3, $4, $5)",
        call_id as CallId,
        id as GenerationId,
        i16::try_from(calls.made + 1).unwrap_or(i16::MAX),
        model,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update generations set state = 'generating' where id = $1", id as GenerationId)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Some(Drawing { call_id, prompt: wish.prompt, style: wish.style, size: wish.size, count: wish.count }))
}

/// Takes an answer in: the call's record, the pictures with their bytes, and the jobs that store them, all or nothing.
/// A late answer to a call that was taken for lost still counts if the generation waits for one; if not, only the record
/// says that it came. Saying it twice is saying it once.
pub async fn answered(db: &PgPool, cause: &Cause, call_id: CallId, answer: &Answer) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let generation_id = sqlx::query_scalar!(
        r#"update provider_calls set state = 'answered', usage = $2, request_id = $3, ended_at = $4, error = null
           where id = $1 and state in ('open', 'ambiguous') returning generation_id as "id: GenerationId""#,
        call_id as CallId,
        answer.usage,
        answer.request_id,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(generation_id) = generation_id else { return Ok(()) };
    let waiting = sqlx::query!(
        r#"update generations set state = 'ready', finished_at = $2 where id = $1 and state in ('queued', 'generating')
           returning account_id as "account_id: AccountId", created_at"#,
        generation_id as GenerationId,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(waiting) = waiting {
        for (position, picture) in (1..).zip(&answer.pictures) {
            let image_id = ImageId::new(cause.at);
            sqlx::query!(
                "insert into images (id, generation_id, account_id, position, format, width, height, sha256, staged_bytes, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                image_id as ImageId,
                generation_id as GenerationId,
                waiting.account_id as AccountId,
                position,
                picture.format as Format,
                picture.width,
                picture.height,
                picture.sha256.as_slice(),
                picture.bytes,
                cause.at,
            )
            .execute(&mut *tx)
            .await?;
            Job::UploadImage { image_id }.enqueue(&mut tx, cause).await?;
        }
        if cause.at - waiting.created_at > WATCHED_FOR {
            tell(&mut tx, cause, waiting.account_id, generation_id).await?;
        }
    }
    tx.commit().await
}

async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    generation_id: GenerationId,
) -> sqlx::Result<()> {
    let email = sqlx::query_scalar!(
        "select email from accounts where id = $1 and mail_when_ready and email_verified_at is not null
         and disabled_at is null and erased_at is null",
        account_id as AccountId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(email) = email else { return Ok(()) };
    let letter = Letter::PicturesReady { generation_id };
    let key = format!("pictures-ready:{generation_id}");
    mails::write(tx, cause, Some(account_id), &email, &letter, &key).await
}

/// Closes a call that brought no picture. The generation waits again; the job decides whether another call follows.
/// `error` is for staff.
pub async fn end_call(
    db: &PgPool,
    cause: &Cause,
    call_id: CallId,
    end: CallEnd,
    request_id: Option<&str>,
    error: &str,
) -> sqlx::Result<()> {
    let state = match end {
        CallEnd::Failed => CallState::Failed,
        CallEnd::Ambiguous => CallState::Ambiguous,
    };
    let mut tx = db.begin().await?;
    let closed = sqlx::query_scalar!(
        r#"update provider_calls set state = $2, request_id = $3, error = $4, ended_at = $5
           where id = $1 and state = 'open' returning generation_id as "id: GenerationId""#,
        call_id as CallId,
        state as CallState,
        request_id,
        error,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(id) = closed {
        sqlx::query!(
            "update generations set state = 'queued' where id = $1 and state = 'generating'",
            id as GenerationId
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// Ends a generation that the provider will not draw, or cannot, with what the customer reads.
pub async fn refuse(
    db: &PgPool,
    cause: &Cause,
    call_id: CallId,
    request_id: Option<&str>,
    error: &str,
    problem: &str,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let closed = sqlx::query_scalar!(
        r#"update provider_calls set state = 'refused', request_id = $2, error = $3, ended_at = $4
           where id = $1 and state = 'open' returning generation_id as "id: GenerationId""#,
        call_id as CallId,
        request_id,
        error,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(id) = closed {
        sqlx::query!(
            "update generations set state = 'refused', problem = $2, finished_at = $3 where id = $1 and state = 'generating'",
            id as GenerationId,
            problem,
            cause.at,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

pub(super) async fn mark_open_calls_ambiguous(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: GenerationId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update provider_calls set state = 'ambiguous', ended_at = $2, error = 'no answer reached us: the attempt ended during the call'
         where generation_id = $1 and state = 'open'",
        id as GenerationId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
