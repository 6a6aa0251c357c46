//! Accepting a wish: what it needs is held, and its drawing enqueued, in one transaction.

use chrono::Duration;
use sqlx::{PgPool, PgTransaction};

use super::{Quality, Size, Style, Wish};
use crate::{
    Cause, blocklists,
    credits::{self, Balance},
    ids::{AccountId, GenerationId, ImageId, SourceId},
    jobs::Job,
    sources::{self, SourceImage},
    strikes::{self, Source},
};

/// How much one customer may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests under way at once.
    pub active: i64,
    /// Pictures in an hour.
    pub hourly: i64,
    /// Pictures in 24 hours.
    pub daily: i64,
    /// What is not drawn in so long is not drawn any more, and its credits go back.
    pub promise: Duration,
}

/// Why a wish is not accepted. Nothing was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The very same is being drawn for this customer. [`Wish::again`] asks for it nevertheless.
    #[error("the same is under way as {0}")]
    UnderWay(GenerationId),
    /// There are not enough credits left.
    #[error("it needs {needed} credits, and {} are left", .balance.available)]
    Credits {
        /// What it needs.
        needed: i32,
        /// What there is.
        balance: Balance,
    },
    /// So many requests are under way already.
    #[error("{0} requests are under way")]
    Active(i64),
    /// So many pictures were asked for in this hour.
    #[error("{0} pictures an hour")]
    Hourly(i64),
    /// So many pictures were asked for in these 24 hours.
    #[error("{0} pictures a day")]
    Daily(i64),
    /// Pictures cost money, and are drawn for people whose address is known to be theirs, and whose account is not shut.
    #[error("the account's address is not verified")]
    Unverified,
    /// The picture to start from is not theirs, or is not there any more.
    #[error("the picture to start from is gone")]
    SourceGone,
    /// Too much of this account was turned down: staff look at it first.
    #[error("the account is in review")]
    InReview,
}

/// What the customer reads when a word of the sentence is one that we will not draw.
const BLOCKED: &str = "There is a word in this sentence that we do not draw. Nothing was charged. Please change the words and try again.";

/// Accepts a wish and enqueues its drawing. The same `client_key` again is the same generation: a double click is one. A sentence
/// with a word of the blocklist becomes a request that is refused already.
pub async fn request(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    wish: &Wish,
    limits: Limits,
) -> sqlx::Result<Result<GenerationId, Refusal>> {
    let mut tx = db.begin().await?;
    // One request of an account after the other, so that two at once cannot pass a limit together.
    let account = sqlx::query!(
        r#"select review_since, email_verified_at is not null and disabled_at is null and erased_at is null as "welcome!"
           from accounts where id = $1 for no key update"#,
        account_id as AccountId
    )
    .fetch_one(&mut *tx)
    .await?;
    let same = sqlx::query_scalar!(
        r#"select id as "id: GenerationId" from generations where account_id = $1 and client_key = $2"#,
        account_id as AccountId,
        wish.client_key,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(id) = same {
        return Ok(Ok(id));
    }
    if !account.welcome {
        return Ok(Err(Refusal::Unverified));
    }
    if account.review_since.is_some() {
        return Ok(Err(Refusal::InReview));
    }
    if let Some(refusal) = refusal(&mut tx, cause, account_id, wish, limits).await? {
        return Ok(Err(refusal));
    }
    if let Some(source) = wish.source
        && !sources::take_up(&mut tx, cause, account_id, source).await?
    {
        return Ok(Err(Refusal::SourceGone));
    }
    let id = GenerationId::new(cause.at);
    let (brought, drawn) = SourceImage::columns(wish.source);
    sqlx::query!(
        "insert into generations (id, account_id, client_key, prompt, style, size, quality, count, created_at, deadline_at, source_id, source_image_id)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        id as GenerationId,
        account_id as AccountId,
        wish.client_key,
        wish.prompt,
        wish.style as Style,
        wish.size as Size,
        wish.quality as Quality,
        wish.count,
        cause.at,
        cause.at + limits.promise,
        brought as Option<SourceId>,
        drawn as Option<ImageId>,
    )
    .execute(&mut *tx)
    .await?;
    if let Some(found) = blocklists::find(&mut tx, &wish.prompt).await? {
        sqlx::query!(
            "update generations set state = 'refused', problem = $2, finished_at = $3 where id = $1",
            id as GenerationId,
            BLOCKED,
            cause.at,
        )
        .execute(&mut *tx)
        .await?;
        strikes::record(&mut tx, cause, id, Source::Blocklist, &found.term, Some(found.version)).await?;
        tx.commit().await?;
        return Ok(Ok(id));
    }
    let needed = wish.credits();
    if let Err(balance) = credits::hold(&mut tx, cause, account_id, id, needed).await? {
        return Ok(Err(Refusal::Credits { needed, balance }));
    }
    Job::GenerateImages { generation_id: id }.enqueue(&mut tx, cause).await?;
    tx.commit().await?;
    Ok(Ok(id))
}

async fn refusal(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    wish: &Wish,
    limits: Limits,
) -> sqlx::Result<Option<Refusal>> {
    if !wish.again {
        let (brought, drawn) = SourceImage::columns(wish.source);
        let under_way = sqlx::query_scalar!(
            r#"select id as "id: GenerationId" from generations
               where account_id = $1 and state in ('queued', 'generating') and prompt = $2 and style = $3 and size = $4
                 and quality = $5 and count = $6 and source_id is not distinct from $7 and source_image_id is not distinct from $8
               order by id desc limit 1"#,
            account_id as AccountId,
            wish.prompt,
            wish.style as Style,
            wish.size as Size,
            wish.quality as Quality,
            wish.count,
            brought as Option<SourceId>,
            drawn as Option<ImageId>,
        )
        .fetch_optional(&mut **tx)
        .await?;
        if let Some(id) = under_way {
            return Ok(Some(Refusal::UnderWay(id)));
        }
    }
    // What was cancelled or brought nothing does not count: it cost nothing.
    let used = sqlx::query!(
        r#"select count(*) filter (where state in ('queued', 'generating')) as "active!",
                  coalesce(sum(count) filter (where created_at > $2 and state in ('queued', 'generating', 'ready')), 0)::bigint as "hourly!",
                  coalesce(sum(count) filter (where created_at > $3 and state in ('queued', 'generating', 'ready')), 0)::bigint as "daily!"
           from generations
           where account_id = $1 and (created_at > $3 or state in ('queued', 'generating'))"#,
        account_id as AccountId,
        cause.at - Duration::hours(1),
        cause.at - Duration::days(1),
    )
    .fetch_one(&mut **tx)
    .await?;
    let more = i64::from(wish.count);
    Ok(if used.active >= limits.active {
        Some(Refusal::Active(limits.active))
    } else if used.hourly + more > limits.hourly {
        Some(Refusal::Hourly(limits.hourly))
    } else if used.daily + more > limits.daily {
        Some(Refusal::Daily(limits.daily))
    } else {
        None
    })
}
