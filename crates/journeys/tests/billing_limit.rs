//! The provider's billing limit is reached while fifty customers wait, and is lifted again.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use journeys::TestShop;
use shop::{
    Cause,
    audit::Actor,
    credits, generations,
    providers::{self, OPENAI, Pause, Provider},
    testing::{self, LIMITS, give_credits, give_role, wish},
};
use sqlx::PgPool;

const WAITING: usize = 50;
/// Two workers, each with eight calls at once: so many may be on their way when the first one shows that there is no money.
const UNDER_WAY: u64 = 16;

#[tokio::test]
async fn fifty_wait_for_money_and_none_loses_anything() -> Result<()> {
    let shop = TestShop::open(2).await?;
    let db = &shop.database.pool;
    let owner = testing::account(db, "mira@example.org", "x").await;
    let manager = testing::account(db, "noor@example.org", "x").await;
    give_role(db, manager, "manager").await;
    give_credits(db, owner, 60).await;
    shop.outside.prepared().await?;
    shop.outside.weather(serde_json::json!({"out_of_money": 100})).await?;
    for number in 0..WAITING {
        let wish = wish(&format!("a fox, number {number:02}"));
        generations::request(db, &Cause::now(None), owner, &wish, LIMITS).await??;
    }
    until(db, "the pause", |provider| provider.pause == Some(Pause::Billing)).await?;
    nothing_runs(db).await?;
    let first = shop.outside.calls().await?.generations;
    ensure!(first <= UNDER_WAY, "{first} calls before everybody knew");
    everybody_waits(db, owner).await?;

    // Nothing is asked while it lasts, but for probes, and each of those is the oldest request.
    tokio::time::sleep(Duration::from_secs(3)).await;
    ensure!(shop.outside.calls().await?.generations == first, "nothing is asked during the pause");
    let staff = Actor { account_id: Some(manager), client_address: String::new() };
    for probe in 1..=3 {
        providers::try_now(db, &Cause::now(None), &staff, OPENAI).await??;
        until(db, "the probe's end", |now| {
            now.probes == probe && now.next_probe_at > Some(Cause::now(None).at)
        })
        .await?;
        nothing_runs(db).await?;
        let calls = shop.outside.calls().await?;
        ensure!(calls.generations == first + u64::try_from(probe)?, "one call for probe {probe}");
        let asked = calls.calls.iter().rfind(|call| call.path.ends_with("generations"));
        let asked = asked.and_then(|call| call.prompt_sha256.clone()).context("a call for pictures")?;
        let oldest: String = sqlx::query_scalar(
            "select encode(sha256(convert_to(prompt, 'utf8')), 'hex') from generations order by id limit 1",
        )
        .fetch_one(db)
        .await?;
        ensure!(asked == oldest, "the oldest request is the probe");
        everybody_waits(db, owner).await?;
    }
    let alerts: i64 =
        sqlx::query_scalar("select count(*) from mails where kind = 'provider_paused'").fetch_one(db).await?;
    ensure!(alerts == 1, "{alerts} alerts");

    // There is money again: the next probe ends the pause, and all are drawn in the order in which they were asked for.
    shop.outside.weather(serde_json::json!({})).await?;
    providers::try_now(db, &Cause::now(None), &staff, OPENAI).await??;
    shop.settle(Duration::from_mins(2)).await?;
    let in_order: Vec<String> = sqlx::query_scalar(
        "select g.prompt from job_attempts a join apalis.jobs j on j.id = a.job_id
         join generations g on g.id::text = convert_from(j.job, 'utf8')::jsonb ->> 'generation_id'
         where a.outcome = 'done' and g.state = 'ready' and j.job_type = 'generation' order by a.id",
    )
    .fetch_all(db)
    .await?;
    let asked: Vec<String> = (0..WAITING).map(|number| format!("a fox, number {number:02}")).collect();
    ensure!(in_order == asked, "drawn in another order: {in_order:?}");
    let tries: i64 =
        sqlx::query_scalar("select max(attempts)::bigint from apalis.jobs where job_type = 'generation'")
            .fetch_one(db)
            .await?;
    ensure!(tries == 1, "one try was enough for each, not {tries}");
    let balance = credits::balance(db, owner).await?;
    ensure!((balance.available, balance.held) == (10, 0), "{balance:?}");
    let calls = shop.outside.calls().await?;
    ensure!(calls.pictures == u64::try_from(WAITING)?, "{} pictures were charged", calls.pictures);
    let alerts: i64 =
        sqlx::query_scalar("select count(*) from mails where kind = 'provider_paused'").fetch_one(db).await?;
    ensure!(alerts == 1, "{alerts} alerts");
    let dead: i64 =
        sqlx::query_scalar("select count(*) from apalis.jobs where status = 'Killed' and job_type <> 'mail'")
            .fetch_one(db)
            .await?;
    ensure!(dead == 0, "{dead} dead jobs");
    let dead_mails = shop.dead_jobs().await?;
    shop.close(dead_mails).await
}

async fn until(db: &PgPool, what: &str, holds: impl Fn(&Provider) -> bool) -> Result<()> {
    for _ in 0..600 {
        if providers::all(db).await?.iter().any(|provider| provider.name == OPENAI && holds(provider)) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("never came: {what}")
}

async fn nothing_runs(db: &PgPool) -> Result<()> {
    for _ in 0..600 {
        let running: i64 = sqlx::query_scalar(
            "select count(*) from apalis.jobs where job_type = 'generation' and status = 'Running'",
        )
        .fetch_one(db)
        .await?;
        if running == 0 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    anyhow::bail!("something runs on and on")
}

/// All are in line, with all their tries, and with the credits held that they held before.
async fn everybody_waits(db: &PgPool, owner: shop::ids::AccountId) -> Result<()> {
    let waiting: Vec<(String, String, i32)> = sqlx::query_as(
        "select distinct g.state, j.status, j.attempts from generations g
         join apalis.jobs j on convert_from(j.job, 'utf8')::jsonb ->> 'generation_id' = g.id::text",
    )
    .fetch_all(db)
    .await?;
    ensure!(waiting == [("queued".to_owned(), "Pending".to_owned(), 0)], "{waiting:?}");
    let balance = credits::balance(db, owner).await?;
    ensure!((balance.available, balance.held) == (10, 50), "{balance:?}");
    Ok(())
}
