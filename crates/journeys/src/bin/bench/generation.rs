//! Generations from end to end with a provider that takes no time, and what a crowd of waiting pages costs `web`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use journeys::{Customer, TestShop};
use shop::{
    Cause,
    generations::{self, Limits},
    ids::{AccountId, GenerationId},
    testing::{self, LIMITS, give_credits, wish},
};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::figures;

const WORKERS: usize = 2;
/// Never fewer requests in line than this while it is measured.
const IN_LINE: i64 = 100;
const WARM_UP: Duration = Duration::from_secs(5);
const MEASURED: Duration = Duration::from_secs(20);

/// From requests to pictures that are ready, with everything that follows (storage, small versions) done by the same two
/// workers at the same time: a rate that only holds because that work piles up would be none.
pub async fn measure_rate() -> Result<()> {
    let settings = [("OPENAI_DAILY_CAP_DOLLARS", "0"), ("OPENAI_MONTHLY_CAP_DOLLARS", "0")];
    let shop = TestShop::open_with(WORKERS, &settings).await?;
    let db = shop.database.pool.clone();
    let owner = testing::account(&db, "mira@example.org", "x").await;
    give_credits(&db, owner, i32::MAX).await;
    shop.outside.prepared().await?;
    let enough = CancellationToken::new();
    let asking = tokio::spawn(enough.clone().run_until_cancelled_owned(keep_asking(db.clone(), owner)));
    tokio::time::sleep(WARM_UP).await;
    let (before, began) = (all_done(&db).await?, Instant::now());
    tokio::time::sleep(MEASURED).await;
    let (after, took) = (all_done(&db).await?, began.elapsed());
    let left = in_line(&db).await?;
    enough.cancel();
    if let Some(asked) = asking.await? {
        asked?;
    }
    ensure!(left > 0, "the line ran empty: more could have been drawn");
    figures::print("generation_rate", rate(after.ready - before.ready, took), "generations/s");
    figures::print("generation_stored_rate", rate(after.finished - before.finished, took), "generations/s");
    shop.settle(Duration::from_mins(5)).await?;
    shop.close(0).await
}

/// What came out so far.
struct Done {
    ready: i64,
    /// Of those, with their small versions in storage.
    finished: i64,
}

async fn all_done(db: &PgPool) -> Result<Done> {
    let (ready, finished) = sqlx::query_as(
        "select (select count(*) from generations where state = 'ready'),
                (select count(*) from images where thumbnail_widths <> '{}')",
    )
    .fetch_one(db)
    .await?;
    Ok(Done { ready, finished })
}

async fn in_line(db: &PgPool) -> Result<i64> {
    Ok(sqlx::query_scalar("select count(*) from generations where state = 'queued'").fetch_one(db).await?)
}

async fn keep_asking(db: PgPool, owner: AccountId) -> Result<()> {
    let limits = Limits { active: i64::MAX, hourly: i64::MAX, daily: i64::MAX, ..LIMITS };
    loop {
        let missing = IN_LINE * 2 - in_line(&db).await?;
        for _ in 0..missing {
            generations::request(&db, &Cause::now(None), owner, &wish("a fox in the snow"), limits).await??;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of pictures")]
fn rate(count: i64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

const PAGES: i32 = 1_000;
/// Of the pages, those whose picture is being drawn: as many as four workers draw at once.
const DRAWN: i32 = 32;

/// A thousand pages of pictures that are waited for, opened over the last two minutes, each asking as often as the server told
/// it to. Nobody else visits, so that all CPU time of `web` is theirs.
pub async fn measure_polling() -> Result<()> {
    let shop = TestShop::open(0).await?;
    let db = &shop.database.pool;
    let customer = shop.customer().await?;
    let owner = AccountId(
        sqlx::query_scalar("select id from accounts order by created_at desc limit 1").fetch_one(db).await?,
    );
    let pages = open_pages(db, owner).await?;
    let enough = CancellationToken::new();
    let polling: Vec<_> = pages
        .into_iter()
        .map(|id| tokio::spawn(enough.clone().run_until_cancelled_owned(poll(customer.clone(), id))))
        .collect();
    tokio::time::sleep(WARM_UP).await;
    let (before, began) = (cpu_time(shop.web.id())?, Instant::now());
    tokio::time::sleep(MEASURED).await;
    let (after, took) = (cpu_time(shop.web.id())?, began.elapsed());
    enough.cancel();
    let mut asked = 0;
    for page in polling {
        // One that ended on its own could not go on.
        if let Some(ended) = page.await? {
            ended?;
        }
        asked += 1;
    }
    ensure!(asked == PAGES, "{asked} pages");
    let used = after.saturating_sub(before);
    figures::print("polling_cpu", used.as_secs_f64() / took.as_secs_f64() * 100.0, "% of a core");
    sqlx::query("delete from apalis.jobs").execute(db).await?;
    shop.close(0).await
}

async fn open_pages(db: &PgPool, owner: AccountId) -> Result<Vec<GenerationId>> {
    sqlx::query(
        "insert into generations (id, account_id, client_key, prompt, style, size, quality, count, state, created_at, deadline_at)
         select gen_random_uuid(), $1, gen_random_uuid(), 'a lighthouse above the sea at dawn, number ' || n, 'watercolour',
                'portrait', 'standard', 1, case when n <= $3 then 'generating' else 'queued' end,
                now() - interval '120 seconds' * n / $2, now() + interval '1 day'
         from generate_series(1, $2) n",
    )
    .bind(owner.0)
    .bind(PAGES)
    .bind(DRAWN)
    .execute(db)
    .await?;
    sqlx::raw_sql("vacuum analyze generations").execute(db).await?;
    Ok(sqlx::query_scalar("select id from generations").fetch_all(db).await?)
}

/// Asks as a page does: with the last answer's tag, and as soon as that answer said.
async fn poll(customer: Customer, id: GenerationId) -> Result<()> {
    let path = format!("/generations/{id}/progress");
    let (mut tag, mut every) = (None, Duration::ZERO);
    loop {
        let answer = customer.look_again(&path, tag.as_deref()).await?;
        if let Some(seen) = answer.headers().get("etag") {
            tag = Some(seen.to_str()?.to_owned());
        }
        if answer.status().is_success() {
            let is_first = every.is_zero();
            every = interval(&answer.text().await?).context("it says when to ask again")?;
            if is_first {
                // Pages are not opened at the same moment.
                let part = f64::from(u32::try_from(id.0.as_u128() % 1_000)?) / 1_000.0;
                tokio::time::sleep(every.mul_f64(part)).await;
            }
        } else {
            ensure!(answer.status() == 304, "{path} answered {}", answer.status());
        }
        tokio::time::sleep(every).await;
    }
}

fn interval(html: &str) -> Option<Duration> {
    let (_, rest) = html.split_once("hx-trigger=\"every ")?;
    rest.split_once("s\"")?.0.parse().ok().map(Duration::from_secs)
}

/// What a process used of all cores so far. The clock of `/proc` counts hundredths of a second on Linux (USER_HZ).
fn cpu_time(process: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before it may hold anything, but ends with the last parenthesis.
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).context("too short")?.parse::<u64>().context("no number");
    // utime and stime are fields 14 and 15 of proc(5); these begin with the third.
    Ok(Duration::from_millis((ticks(11)? + ticks(12)?) * 10))
}
