//! From the worker's side: how a picture is paid for once.
//!
//! First [`begin`] commits an open call, before anything is sent; then there is one call; then [`answered`] takes
//! everything that came into one transaction. A call whose answer never reached us is *ambiguous*: it counts as spent,
//! is tried once more, and then the generation fails. Whatever ends a generation without pictures gives its credits back.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::{PgPool, PgTransaction};

use super::{GenerationState, Quality, Size, Style, fail, news::News, previews::forget_preview};
use crate::{
    Cause, credits,
    ids::{AccountId, CallId, GenerationId, ImageId},
    images::Format,
    jobs::Job,
    mails::Letter,
    providers::{self, Caps, Trouble},
    queue::Claim,
    strikes::{self, Source},
};

/// No call takes longer, by the job's deadline and some time for what follows it. One that is open for longer lost its worker.
const CALL_MAX: chrono::Duration = chrono::Duration::minutes(20);

/// Calls of one generation that may be lost before it fails: the first, and one automatic second try.
const AMBIGUOUS_MAX: i64 = 2;

/// What the customer reads when two answers were lost.
const LOST: &str =
    "The picture was drawn, but it got lost on its way to us, twice. Nothing was charged. Please try again.";

/// What the customer reads when the promised time was over.
const EXPIRED: &str = "We could not draw this in the time that we promised, because the service that draws was not available. Nothing was charged. Please try again.";

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallEnd {
    /// It failed, and cost nothing.
    Failed,
    /// No answer reached us; it may have cost.
    Ambiguous,
    /// The provider wants a pause, which is no fault of this request.
    RateLimited {
        /// How long.
        pause: Duration,
    },
    /// The provider lets nothing through at all.
    Paused(Trouble),
}

/// Whom a call goes to, and what may be spent with them.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The provider.
    pub provider: &'a str,
    /// The model.
    pub model: &'a str,
    /// What we want to spend.
    pub caps: Caps,
    /// What a picture is thought to cost as long as nothing was learnt, in millionths of a dollar.
    pub usual_microdollars: i64,
}

/// What a worker is to do about a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Begun {
    /// Ask for this: an open call is on record.
    Draw(Drawing),
    /// There is nothing to draw (any more).
    Nothing,
    /// Nothing may be spent at the moment. The job keeps its place.
    Paused,
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
    /// How much work goes into it.
    pub quality: Quality,
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
    /// What it says that it used, as it said it.
    pub usage: Option<Value>,
    /// What that costs, in millionths of a dollar, if it said anything that can be counted.
    pub cost_microdollars: Option<i64>,
    /// Its id for the request.
    pub request_id: Option<String>,
}

/// Puts an open call on record, or says why there is none. An earlier call that is still open was lost: it becomes ambiguous,
/// and the second one of those ends the generation. Only the worker that holds the job may begin: one that was taken for dead
/// would otherwise mark its successor's live call, and pay a second time.
pub async fn begin(
    db: &PgPool,
    cause: &Cause,
    claim: &Claim,
    id: GenerationId,
    terms: Terms<'_>,
) -> sqlx::Result<Begun> {
    let mut tx = db.begin().await?;
    if !claim.hold(&mut tx).await? {
        return Ok(Begun::Nothing);
    }
    // It was handed out before the pause: nothing is asked any more. A probe is handed out during it.
    if providers::was_paused_since(&mut tx, terms.provider, claim.handed_at()).await? {
        return Ok(Begun::Paused);
    }
    let Some(wish) = sqlx::query!(
        r#"select state as "state: GenerationState", prompt, style as "style: Style", size as "size: Size",
                  quality as "quality: Quality", count, deadline_at
           from generations where id = $1 for update"#,
        id as GenerationId,
    )
    .fetch_optional(&mut *tx)
    .await?
    else {
        return Ok(Begun::Nothing);
    };
    mark_open_calls_ambiguous(&mut tx, cause, id).await?;
    if wish.state.is_final() {
        tx.commit().await?;
        return Ok(Begun::Nothing);
    }
    let calls = sqlx::query!(
        r#"select count(*) as "made!", count(*) filter (where state = 'ambiguous') as "ambiguous!" from provider_calls where generation_id = $1"#,
        id as GenerationId,
    )
    .fetch_one(&mut *tx)
    .await?;
    let hopeless = if calls.ambiguous >= AMBIGUOUS_MAX {
        Some(LOST)
    } else {
        wish.deadline_at.is_some_and(|deadline| cause.at > deadline).then_some(EXPIRED)
    };
    if let Some(problem) = hopeless {
        fail(&mut tx, cause, id, problem).await?;
        tx.commit().await?;
        return Ok(Begun::Nothing);
    }
    let estimate =
        estimate(&mut tx, terms, wish.size, wish.quality).await?.saturating_mul(i64::from(wish.count));
    if !providers::commit(&mut tx, cause, terms.provider, estimate, terms.caps).await? {
        sqlx::query!("update generations set state = 'queued' where id = $1", id as GenerationId)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        return Ok(Begun::Paused);
    }
    let call_id = CallId::new(cause.at);
    sqlx::query!(
        "insert into provider_calls (id, generation_id, ordinal, provider, model, started_at, estimated_microdollars)
         values ($1, $2, $3, $4, $5, $6, $7)",
        call_id as CallId,
        id as GenerationId,
        i16::try_from(calls.made + 1).unwrap_or(i16::MAX),
        terms.provider,
        terms.model,
        cause.at,
        estimate,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("update generations set state = 'generating' where id = $1", id as GenerationId)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Begun::Draw(Drawing {
        call_id,
        prompt: wish.prompt,
        style: wish.style,
        size: wish.size,
        quality: wish.quality,
        count: wish.count,
    }))
}

/// What one picture is thought to cost, in millionths of a dollar: the 95th percentile of the last hundred of its kind, among the
/// last two thousand of all.
async fn estimate(
    tx: &mut PgTransaction<'_>,
    terms: Terms<'_>,
    size: Size,
    quality: Quality,
) -> sqlx::Result<i64> {
    let learnt = sqlx::query_scalar!(
        r#"select percentile_disc(0.95) within group (order by each) as learnt
           from (select c.cost_microdollars / g.count as each
                 from (select generation_id, cost_microdollars, ended_at from provider_calls
                       where state = 'answered' and provider = $1 and model = $2 and cost_microdollars is not null
                       order by ended_at desc limit 2000) c
                 join generations g on g.id = c.generation_id where g.size = $3 and g.quality = $4
                 order by c.ended_at desc limit 100) latest"#,
        terms.provider,
        terms.model,
        size as Size,
        quality as Quality,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(learnt.unwrap_or(terms.usual_microdollars))
}

/// Takes an answer in: the call's record, the pictures with their bytes, and the jobs that store them, all or nothing.
/// A late answer to a call that was taken for lost still counts if the generation waits for one; if not, only the record
/// says that it came. Saying it twice is saying it once.
pub async fn answered(db: &PgPool, cause: &Cause, call_id: CallId, answer: &Answer) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let call = sqlx::query!(
        r#"update provider_calls set state = 'answered', usage = $2, request_id = $3, ended_at = $4, cost_microdollars = $5,
             error = case when state = 'ambiguous' then 'the answer came after the call had been taken for lost' end
           where id = $1 and state in ('open', 'ambiguous')
           returning generation_id as "generation_id: GenerationId", provider, started_at, estimated_microdollars"#,
        call_id as CallId,
        answer.usage,
        answer.request_id,
        cause.at,
        answer.cost_microdollars,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(call) = call else { return Ok(()) };
    let generation_id = call.generation_id;
    forget_preview(&mut tx, generation_id).await?;
    let waiting = sqlx::query!(
        r#"update generations set state = 'ready', finished_at = $2 where id = $1 and state in ('queued', 'generating')
           returning account_id as "account_id: AccountId", quality as "quality: Quality", created_at"#,
        generation_id as GenerationId,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(waiting) = waiting {
        let drawn = i32::try_from(answer.pictures.len()).unwrap_or(i32::MAX);
        let price = waiting.quality.credits().saturating_mul(drawn);
        credits::capture(&mut tx, cause, generation_id, price).await?;
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
        let news = News { account_id: waiting.account_id, generation_id, asked_at: waiting.created_at };
        news.tell(&mut tx, cause, &Letter::PicturesReady { generation_id }).await?;
    }
    // Last, since every call of all workers counts at these rows.
    if let Some(cost) = answer.cost_microdollars {
        let by = cost - call.estimated_microdollars;
        providers::correct(&mut tx, call.started_at, &call.provider, by).await?;
    }
    providers::resume_after(&mut tx, &call.provider, call.started_at).await?;
    providers::forget_failures(&mut tx, &call.provider).await?;
    tx.commit().await
}

/// Closes a call that brought no picture. The generation waits again; the job decides whether another call follows.
/// `error` is for staff.
pub async fn end_call(
    db: &PgPool,
    cause: &Cause,
    call_id: CallId,
    end: &CallEnd,
    request_id: Option<&str>,
    error: &str,
) -> sqlx::Result<()> {
    let state = match end {
        CallEnd::Failed | CallEnd::RateLimited { .. } | CallEnd::Paused(_) => CallState::Failed,
        CallEnd::Ambiguous => CallState::Ambiguous,
    };
    let mut tx = db.begin().await?;
    if let Some(call) = close(&mut tx, cause, call_id, state, request_id, error).await? {
        match end {
            CallEnd::Failed | CallEnd::Ambiguous => providers::count_failure(&mut tx, &call.provider).await?,
            CallEnd::RateLimited { pause } => providers::slow_down(&mut *tx, &call.provider, *pause).await?,
            CallEnd::Paused(trouble) => {
                providers::pause_after(&mut tx, cause, &call.provider, call.started_at, trouble).await?;
            }
        }
        sqlx::query!(
            "update generations set state = 'queued' where id = $1 and state = 'generating'",
            call.generation_id as GenerationId
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await
}

/// A call that was closed.
struct Closed {
    generation_id: GenerationId,
    provider: String,
    started_at: DateTime<Utc>,
    estimated_microdollars: i64,
}

/// Closes an open call that brought no picture. Its estimate is taken back, unless it may have cost.
async fn close(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    call_id: CallId,
    state: CallState,
    request_id: Option<&str>,
    error: &str,
) -> sqlx::Result<Option<Closed>> {
    let closed = sqlx::query_as!(
        Closed,
        r#"update provider_calls set state = $2, request_id = $3, error = $4, ended_at = $5
           where id = $1 and state = 'open'
           returning generation_id as "generation_id: GenerationId", provider, started_at, estimated_microdollars"#,
        call_id as CallId,
        state as CallState,
        request_id,
        error,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(call) = &closed {
        forget_preview(tx, call.generation_id).await?;
    }
    if let Some(call) = closed.as_ref().filter(|_| state != CallState::Ambiguous) {
        providers::correct(tx, call.started_at, &call.provider, -call.estimated_microdollars).await?;
    }
    Ok(closed)
}

/// Ends a generation that the provider will not draw, or cannot, with what the customer reads. `strike` is what the provider
/// found in the sentence itself; a picture that it did not let out is nobody's fault.
pub async fn refuse(
    db: &PgPool,
    cause: &Cause,
    call_id: CallId,
    request_id: Option<&str>,
    error: &str,
    problem: &str,
    strike: Option<&str>,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    if let Some(call) = close(&mut tx, cause, call_id, CallState::Refused, request_id, error).await? {
        let refused = sqlx::query_as!(
            News,
            r#"update generations set state = 'refused', problem = $2, finished_at = $3 where id = $1 and state = 'generating'
               returning id as "generation_id: GenerationId", account_id as "account_id: AccountId", created_at as asked_at"#,
            call.generation_id as GenerationId,
            problem,
            cause.at,
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(news) = refused {
            news.tell_of_failure(&mut tx, cause).await?;
            credits::release(&mut tx, cause, call.generation_id).await?;
            if let Some(detail) = strike {
                strikes::record(&mut tx, cause, call.generation_id, Source::Provider, detail, None).await?;
            }
        }
    }
    tx.commit().await
}

/// Ends what was not drawn in the promised time, up to a few hundred requests, and gives the credits back. One whose call is
/// under way is let end. Whatever waits after its worker died says so. Returns how many were ended.
pub async fn expire_overdue(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    // Their jobs were freed, and may wait for the end of a pause: they can be cancelled, and their page says what they wait for.
    sqlx::query!(
        "update generations g set state = 'queued' where state = 'generating'
         and not exists (select from provider_calls c where c.generation_id = g.id and c.state = 'open' and c.started_at > $1)",
        cause.at - CALL_MAX,
    )
    .execute(db)
    .await?;
    let overdue = sqlx::query_scalar!(
        r#"select id as "id: GenerationId" from generations g
           where state in ('queued', 'generating') and deadline_at < $1
             and not exists (select from provider_calls c where c.generation_id = g.id and c.state = 'open' and c.started_at > $2)
           order by deadline_at limit 500"#,
        cause.at,
        cause.at - CALL_MAX,
    )
    .fetch_all(db)
    .await?;
    for id in &overdue {
        let mut tx = db.begin().await?;
        // As `begin` does, so that a call that begins at this moment is seen or waits.
        sqlx::query!("select id from generations where id = $1 for update", *id as GenerationId)
            .fetch_one(&mut *tx)
            .await?;
        let open = sqlx::query_scalar!(
            r#"select exists (select from provider_calls where generation_id = $1 and state = 'open' and started_at > $2) as "open!""#,
            *id as GenerationId,
            cause.at - CALL_MAX,
        )
        .fetch_one(&mut *tx)
        .await?;
        if !open {
            mark_open_calls_ambiguous(&mut tx, cause, *id).await?;
            fail(&mut tx, cause, *id, EXPIRED).await?;
        }
        tx.commit().await?;
    }
    Ok(overdue.len())
}

pub(crate) async fn mark_open_calls_ambiguous(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: GenerationId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "with lost as (
             update provider_calls set state = 'ambiguous', ended_at = $2, error = 'no answer reached us: the attempt ended during the call'
             where generation_id = $1 and state = 'open' returning generation_id
         )
         delete from generation_previews p using lost where p.generation_id = lost.generation_id",
        id as GenerationId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
