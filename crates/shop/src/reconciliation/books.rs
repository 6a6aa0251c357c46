//! The books that lie in Postgres: calls and jobs, holds and generations, credits, spending. What is under way is left alone:
//! only what is older than any call may be is looked at.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use sqlx::{PgPool, PgTransaction};

use super::{FindingKind, found, mended};
use crate::{
    Cause, credits, generations,
    ids::{AccountId, CallId, GenerationId},
};

/// Longer than a call, and longer than it takes to take a job from a dead worker.
const SETTLED: Duration = Duration::minutes(30);

/// Compares them all. Says how many differences there were.
pub async fn compare(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let settled = cause.at - SETTLED;
    Ok(stranded_generations(db, cause, settled).await?
        + open_calls(db, cause, settled).await?
        + stale_holds(db, cause, settled).await?
        + credits_that_differ(db, cause, settled).await?
        + overdrawn_accounts(db, cause).await?
        + spending_that_differs(db, cause).await?)
}

/// Generations that wait for a job that is not there.
async fn stranded_generations(db: &PgPool, cause: &Cause, settled: DateTime<Utc>) -> sqlx::Result<usize> {
    let stranded = sqlx::query_scalar!(
        r#"select g.id as "id: GenerationId" from generations g
           where g.state in ('queued', 'generating') and g.created_at < $1
             and not exists (select from apalis.jobs j where j.job_type = 'generation' and j.status not in ('Done', 'Killed')
                             and convert_from(j.job, 'utf8')::jsonb ->> 'generation_id' = g.id::text)
           order by g.id limit 500"#,
        settled,
    )
    .fetch_all(db)
    .await?;
    for id in &stranded {
        let mut tx = db.begin().await?;
        let subject = id.to_string();
        found(
            &mut tx,
            cause,
            FindingKind::StrandedGeneration,
            &subject,
            "it waits, and no job is left that draws it",
        )
        .await?;
        generations::give_up(&mut tx, cause, *id).await?;
        mended(&mut tx, cause, FindingKind::StrandedGeneration, &subject).await?;
        tx.commit().await?;
    }
    Ok(stranded.len())
}

/// Calls without an end of which no running job knows. One whose generation still waits is closed by the next try.
async fn open_calls(db: &PgPool, cause: &Cause, settled: DateTime<Utc>) -> sqlx::Result<usize> {
    let open = sqlx::query!(
        r#"select c.id as "id: CallId", c.generation_id as "generation_id: GenerationId" from provider_calls c
           where c.state = 'open' and c.started_at < $1
             and not exists (select from apalis.jobs j where j.job_type = 'generation' and j.status not in ('Done', 'Killed')
                             and convert_from(j.job, 'utf8')::jsonb ->> 'generation_id' = c.generation_id::text)
           order by c.id limit 500"#,
        settled,
    )
    .fetch_all(db)
    .await?;
    for call in &open {
        let mut tx = db.begin().await?;
        let subject = call.id.to_string();
        found(&mut tx, cause, FindingKind::OpenCall, &subject, "nobody is making it").await?;
        generations::mark_open_calls_ambiguous(&mut tx, cause, call.generation_id).await?;
        mended(&mut tx, cause, FindingKind::OpenCall, &subject).await?;
        tx.commit().await?;
    }
    Ok(open.len())
}

/// Holds of generations that are over.
async fn stale_holds(db: &PgPool, cause: &Cause, settled: DateTime<Utc>) -> sqlx::Result<usize> {
    let stale = sqlx::query!(
        r#"select h.generation_id as "generation_id: GenerationId", g.state = 'ready' as "is_ready!"
           from credit_holds h join generations g on g.id = h.generation_id
           where h.state = 'held' and g.finished_at < $1 order by h.generation_id limit 500"#,
        settled,
    )
    .fetch_all(db)
    .await?;
    for hold in &stale {
        let mut tx = db.begin().await?;
        let subject = hold.generation_id.to_string();
        let detail =
            if hold.is_ready { "its pictures came, and nothing was taken" } else { "it brought nothing" };
        found(&mut tx, cause, FindingKind::StaleHold, &subject, detail).await?;
        if !hold.is_ready {
            credits::release(&mut tx, cause, hold.generation_id).await?;
            mended(&mut tx, cause, FindingKind::StaleHold, &subject).await?;
        }
        tx.commit().await?;
    }
    Ok(stale.len())
}

/// Captures that the ledger does not know, or knows with more than was held.
async fn credits_that_differ(db: &PgPool, cause: &Cause, settled: DateTime<Utc>) -> sqlx::Result<usize> {
    let differing = sqlx::query!(
        r#"select h.generation_id as "generation_id: GenerationId", h.amount as held, e.amount as "taken?"
           from credit_holds h left join credit_entries e on e.generation_id = h.generation_id and e.reason = 'drawn'
           where h.ended_at < $1 and h.ended_at > $1 - interval '35 days'
             and ((h.state = 'captured') <> (e.amount is not null) or -e.amount > h.amount)
           order by h.generation_id limit 500"#,
        settled,
    )
    .fetch_all(db)
    .await?;
    let mut connection = db.acquire().await?;
    for one in &differing {
        let taken = one.taken.map_or("nothing".to_owned(), |taken| (-taken).to_string());
        let detail = format!("held {}, taken {taken}", one.held);
        found(&mut connection, cause, FindingKind::CreditsDiffer, &one.generation_id.to_string(), &detail)
            .await?;
    }
    Ok(differing.len())
}

async fn overdrawn_accounts(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let overdrawn = sqlx::query!(
        r#"select account_id as "account_id!: AccountId", sum(amount) as "left!"
           from (select account_id, amount from credit_entries
                 union all select account_id, -amount from credit_holds where state = 'held') ledger
           group by account_id having sum(amount) < 0 order by account_id limit 500"#
    )
    .fetch_all(db)
    .await?;
    let mut connection = db.acquire().await?;
    for one in &overdrawn {
        let detail = format!("it has {} credits", one.left);
        found(&mut connection, cause, FindingKind::OverdrawnAccount, &one.account_id.to_string(), &detail)
            .await?;
    }
    Ok(overdrawn.len())
}

/// Days of the last month that are over, with all their calls, and whose sum is not that of the calls.
async fn spending_that_differs(db: &PgPool, cause: &Cause) -> sqlx::Result<usize> {
    let today = cause.at.date_naive();
    let since = today - Duration::days(35);
    let differing = sqlx::query!(
        r#"with calls as (
               select provider, (started_at at time zone 'utc')::date as day, bool_or(state = 'open') as is_open,
                      sum(case state when 'answered' then coalesce(cost_microdollars, estimated_microdollars)
                                     when 'ambiguous' then estimated_microdollars else 0 end)::bigint as cost
               from provider_calls where started_at >= $1::date::timestamp at time zone 'utc' group by 1, 2
           )
           select s.provider, s.day, s.microdollars, coalesce(c.cost, 0) as "cost!"
           from provider_spending s left join calls c on c.provider = s.provider and c.day = s.day
           where s.day >= $1 and s.day < $2 and not coalesce(c.is_open, false) and s.microdollars <> coalesce(c.cost, 0)
           order by s.day"#,
        since,
        today,
    )
    .fetch_all(db)
    .await?;
    for one in &differing {
        let mut tx = db.begin().await?;
        let subject = format!("{} {}", one.provider, one.day);
        let detail = format!("{} millionths of a dollar, and its calls {}", one.microdollars, one.cost);
        found(&mut tx, cause, FindingKind::SpendingDiffers, &subject, &detail).await?;
        set_spending(&mut tx, &one.provider, one.day, one.microdollars, one.cost).await?;
        mended(&mut tx, cause, FindingKind::SpendingDiffers, &subject).await?;
        tx.commit().await?;
    }
    Ok(differing.len())
}

async fn set_spending(
    tx: &mut PgTransaction<'_>,
    provider: &str,
    day: NaiveDate,
    was: i64,
    is: i64,
) -> sqlx::Result<()> {
    // By what differs, so that an answer that comes late at this moment is not lost.
    sqlx::query!(
        "update provider_spending set microdollars = microdollars + $3 where provider = $1 and day = $2",
        provider,
        day,
        is - was,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
