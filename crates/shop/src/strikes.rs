//! What was turned down, and what it means for whoever asked for it. Machines are wrong often: staff have the last word.

mod reading;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

pub use reading::{Reviewed, Strike, in_review, of_account, source, undecided};

use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::{AccountId, GenerationId, StrikeId},
    staff_alerts::{self, Alert},
};

/// Strikes count for so long.
pub const WINDOW: Duration = Duration::hours(24);
/// From so many within [`WINDOW`] the customer is warned.
pub const WARN_FROM: i64 = 4;
/// From so many within [`WINDOW`] nothing is drawn until staff have looked. Both after Civitai's thresholds, which turned out to
/// be wrong for most whom they hit: hence the review.
pub const REVIEW_FROM: i64 = 6;

/// Who turned it down.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    /// Our own list of words.
    Blocklist,
    /// The provider's check of sentences, before anything is drawn.
    Moderation,
    /// The provider, asked to draw.
    Provider,
}

/// What staff made of a strike.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Verdict {
    /// There was nothing wrong with it.
    Benign,
    /// It was turned down rightly.
    Upheld,
}

/// Writes a strike down, once for a request, and sends the account to review when there are too many.
pub(crate) async fn record(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    generation_id: GenerationId,
    source: Source,
    detail: &str,
    blocklist_version: Option<i32>,
) -> sqlx::Result<()> {
    // One strike of an account after the other: two at once would each count without the other.
    sqlx::query!(
        "select 1 as held from accounts where id = (select account_id from generations where id = $1) for no key update",
        generation_id as GenerationId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let account_id = sqlx::query_scalar!(
        r#"insert into strikes (id, account_id, generation_id, source, detail, blocklist_version, created_at)
           select $1, account_id, id, $3, $4, $5, $6 from generations where id = $2
           on conflict on constraint strikes_generation_once do nothing
           returning account_id as "account_id: AccountId""#,
        StrikeId::new(cause.at) as StrikeId,
        generation_id as GenerationId,
        source as Source,
        detail,
        blocklist_version,
        cause.at,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(account_id) = account_id else { return Ok(()) };
    let sent = sqlx::query_scalar!(
        r#"update accounts set review_since = $2 where id = $1 and review_since is null and counting_strikes(id, $3) >= $4
           returning id as "id: AccountId""#,
        account_id as AccountId,
        cause.at,
        cause.at - WINDOW,
        REVIEW_FROM,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if sent.is_some() {
        let key = format!("account_in_review:{account_id}:{}", cause.at.timestamp());
        staff_alerts::tell(tx, cause, &Alert::AccountInReview { account_id }, &key).await?;
    }
    Ok(())
}

/// How many strikes of an account count at the moment.
pub async fn counting(db: &PgPool, at: DateTime<Utc>, account_id: AccountId) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select counting_strikes($1, $2) as "count!""#,
        account_id as AccountId,
        at - WINDOW,
    )
    .fetch_one(db)
    .await
}

/// What somebody is to know whose sentence was turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::VariantArray)]
#[serde(rename_all = "snake_case")]
pub enum Warning {
    /// If it goes on, staff look at it first: from [`WARN_FROM`].
    Near,
    /// Nothing is drawn until staff have looked.
    InReview,
}

/// What this account's owner is to know, if anything.
pub async fn warning(db: &PgPool, at: DateTime<Utc>, account_id: AccountId) -> sqlx::Result<Option<Warning>> {
    let in_review = sqlx::query_scalar!(
        r#"select review_since is not null as "in_review!" from accounts where id = $1"#,
        account_id as AccountId,
    )
    .fetch_one(db)
    .await?;
    if in_review {
        return Ok(Some(Warning::InReview));
    }
    Ok((counting(db, at, account_id).await? >= WARN_FROM).then_some(Warning::Near))
}

/// Staff decide, or think better of it. When too few strikes are left that count, the account's review is over. None begins by
/// it: staff have just looked.
pub async fn decide(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: StrikeId,
    verdict: Verdict,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let decided = sqlx::query!(
        r#"with before as (select id, verdict from strikes where id = $1 and verdict is distinct from $2 for update)
           update strikes s set verdict = $2, decided_by = $3, decided_at = $4 from before where s.id = before.id
           returning s.account_id as "account_id: AccountId", before.verdict as "before?: Verdict""#,
        id as StrikeId,
        verdict as Verdict,
        actor.account_id as Option<AccountId>,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(decided) = decided else { return Ok(Err(StaleTransition)) };
    let account_id = decided.account_id;
    let review_over = sqlx::query!(
        // Those that led to it, however long ago that was: to uphold one of them must not end what it confirms.
        "update accounts set review_since = null where id = $1 and review_since is not null
         and counting_strikes(id, review_since - $2::interval) < $3",
        account_id as AccountId,
        WINDOW as _,
        REVIEW_FROM,
    )
    .execute(&mut *tx)
    .await?
    .rows_affected()
        > 0;
    let mut before = serde_json::json!({"verdict": decided.before});
    let mut after = serde_json::json!({"verdict": verdict, "strike": id});
    if review_over {
        before["in_review"] = true.into();
        after["in_review"] = false.into();
    }
    let deed = Deed {
        action: "strike.decide",
        subject_kind: "account",
        subject_id: &account_id.to_string(),
        before: Some(before),
        after: Some(after),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Staff have looked: pictures are drawn for the account again, and what was turned down so far does not count any more.
pub async fn end_review(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    account_id: AccountId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let ended = sqlx::query!(
        "update accounts set review_since = null, review_ended_at = $2 where id = $1 and review_since is not null",
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if ended.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    let deed = Deed {
        action: "review.end",
        subject_kind: "account",
        subject_id: &account_id.to_string(),
        before: Some(serde_json::json!({"in_review": true})),
        after: Some(serde_json::json!({"in_review": false})),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
