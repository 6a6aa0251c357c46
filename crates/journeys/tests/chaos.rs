//! Bad weather at the provider and workers that are killed all the time: every request ends, in a picture or in a sentence, and
//! the books agree with the provider's to the unit.
//!
//! `./test` runs a short one; at full length, with its figures:
//! `CHAOS_GENERATIONS=1000 ./dev with-postgres -- cargo test -p journeys --test chaos -- --nocapture`

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use journeys::{TestShop, outside::Call};
use serde_json::json;
use shop::{
    Cause, credits, generations,
    ids::AccountId,
    reconciliation,
    testing::{self, LIMITS, give_credits, wish},
};
use sqlx::PgPool;
use uuid::Uuid;

const WORKERS: usize = 4;
const KILL_EVERY: Duration = Duration::from_secs(3);
/// A square draft of a sentence of 17 to 20 letters: 5 tokens of text at 5 and 272 of a picture at 30 millionths of a dollar.
const PRICE: i64 = 8_185;

#[derive(Debug, sqlx::FromRow)]
struct OurCall {
    generation_id: Uuid,
    state: String,
    request_id: Option<String>,
    cost_microdollars: Option<i64>,
    estimated_microdollars: i64,
    error: Option<String>,
}

#[tokio::test]
async fn whatever_breaks_every_request_ends_and_the_books_agree() -> Result<()> {
    let wanted = how_many();
    // What a picture is thought to cost is what it costs, so that lost answers are counted to the unit too.
    let price = format!("0.00{PRICE}");
    let settings = [
        ("OPENAI_PICTURE_DOLLARS", price.as_str()),
        ("OPENAI_DAILY_CAP_DOLLARS", "0"),
        ("OPENAI_MONTHLY_CAP_DOLLARS", "0"),
    ];
    let mut shop = TestShop::open_with(WORKERS, &settings).await?;
    let db = shop.database.pool.clone();
    let owner = testing::account(&db, "mira@example.org", "x").await;
    give_credits(&db, owner, i32::try_from(wanted)?).await;
    shop.outside.prepared().await?;
    shop.outside.draw_times(400, 2_000).await?;
    let weather = json!({"rate_limited": 10, "retry_after": 1, "failing": 5, "cut": 2, "seed": 11});
    shop.outside.weather(weather).await?;
    for number in 0..wanted {
        let wish = wish(&format!("a fox, number {number:04}"));
        let limits = generations::Limits { active: i64::MAX, hourly: i64::MAX, daily: i64::MAX, ..LIMITS };
        generations::request(&db, &Cause::now(None), owner, &wish, limits).await??;
    }

    let began = Instant::now();
    let killed = kill_while_there_is_work(&mut shop, &db).await?;
    let patience = Duration::from_mins(2) + Duration::from_millis(200) * u32::try_from(wanted)?;
    all_ended(&db, patience).await?;
    let took = began.elapsed();
    shop.settle(Duration::from_mins(5)).await?;
    while shop.outside.calls().await?.in_flight > 0 {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let told = compare(&shop, &db, owner, wanted).await?;
    eprintln!("chaos: {wanted} generations in {:.0} s, {killed} workers killed, {told}", took.as_secs_f64());

    // The nightly comparison of tomorrow finds nothing either.
    let tomorrow = Cause { at: Cause::now(None).at + Duration::from_hours(24), request_id: None };
    let differences = reconciliation::compare_books(&db, &tomorrow).await?;
    ensure!(differences == 0, "{:#?}", reconciliation::findings(&db, 10).await?);
    let dead = shop.dead_jobs().await?;
    shop.close(dead).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no Config: whoever starts it says how long it may take"
)]
fn how_many() -> usize {
    std::env::var("CHAOS_GENERATIONS").ok().and_then(|text| text.parse().ok()).unwrap_or(120)
}

/// Kills a worker every three seconds, and starts another one in its place, until nobody waits any more.
async fn kill_while_there_is_work(shop: &mut TestShop, db: &PgPool) -> Result<usize> {
    let mut killed = 0;
    loop {
        tokio::time::sleep(KILL_EVERY).await;
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from apalis.jobs where job_type = 'generation' and status in ('Pending', 'Failed')",
        )
        .fetch_one(db)
        .await?;
        if waiting == 0 && killed >= 2 {
            return Ok(killed);
        }
        // Neither always the oldest nor always the newest.
        let victim = (killed * 7 + 3) % shop.workers.len();
        shop.workers.remove(victim).kill();
        killed += 1;
        shop.hire("").await?;
    }
}

async fn all_ended(db: &PgPool, patience: Duration) -> Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        let left: i64 = sqlx::query_scalar("select count(*) from generations where finished_at is null")
            .fetch_one(db)
            .await?;
        if left == 0 {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "{left} requests have no end");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Our books against the provider's, generation by generation and call by call.
async fn compare(shop: &TestShop, db: &PgPool, owner: AccountId, wanted: usize) -> Result<String> {
    let (ready, failed) = customers(db, owner, wanted).await?;
    let ours: Vec<OurCall> = sqlx::query_as(
        "select generation_id, state, request_id, cost_microdollars, estimated_microdollars, error from provider_calls",
    )
    .fetch_all(db)
    .await?;
    let prompts: HashMap<String, Uuid> =
        sqlx::query_as("select encode(sha256(convert_to(prompt, 'utf8')), 'hex'), id from generations")
            .fetch_all(db)
            .await?
            .into_iter()
            .collect();
    let seen = shop.outside.calls().await?;
    let theirs: Vec<&Call> = seen.calls.iter().filter(|call| call.path.ends_with("generations")).collect();
    ensure!(u64::try_from(theirs.len())? == seen.generations, "the ledger is whole");
    let counts = by_generation(&prompts, &ours, &theirs)?;
    by_call(&prompts, &ours, &theirs)?;
    let uncharged = spending(db, &ours, &theirs, seen.microdollars, counts.never_sent).await?;
    Ok(format!(
        "{ready} ready, {failed} failed with a sentence; {} calls on our record, {} on theirs, {} never sent; {} answers \
         lost, {} pictures paid twice, each because the first answer was lost; {} millionths of a dollar charged, and \
         {uncharged} for calls that we count as spent and they did not charge",
        ours.len(),
        theirs.len(),
        counts.never_sent,
        counts.lost,
        counts.twice,
        seen.microdollars,
    ))
}

/// How each request ended, and what it cost its customer.
async fn customers(db: &PgPool, owner: AccountId, wanted: usize) -> Result<(i64, i64)> {
    let ended: Vec<(String, i64, bool)> = sqlx::query_as(
        "select state, count(*), bool_and(problem is not null) from generations group by 1 order by 1",
    )
    .fetch_all(db)
    .await?;
    let of = |state: &str| ended.iter().find(|(name, ..)| name == state).map_or(0, |(_, count, _)| *count);
    let (ready, failed) = (of("ready"), of("failed"));
    ensure!(ready + failed == i64::try_from(wanted)?, "every request ends ready or failed: {ended:?}");
    ensure!(
        ended.iter().all(|(state, _, told)| state == "ready" || *told),
        "each failure is told: {ended:?}"
    );
    let balance = credits::balance(db, owner).await?;
    ensure!((balance.available, balance.held) == (failed, 0), "one credit for each picture: {balance:?}");
    Ok((ready, failed))
}

struct Counts {
    never_sent: usize,
    lost: usize,
    twice: usize,
}

/// As many calls on both sides, and no picture paid twice unless an answer was lost.
fn by_generation(prompts: &HashMap<String, Uuid>, ours: &[OurCall], theirs: &[&Call]) -> Result<Counts> {
    let mut counts = Counts { never_sent: 0, lost: 0, twice: 0 };
    for (prompt, id) in prompts {
        let mine: Vec<&OurCall> = ours.iter().filter(|call| call.generation_id == *id).collect();
        let sent = theirs.iter().filter(|call| call.prompt_sha256.as_ref() == Some(prompt));
        let (asked, charged) =
            sent.fold((0, 0), |(asked, charged), call| (asked + 1, charged + call.pictures));
        let unheard = mine.iter().filter(|call| call.request_id.is_none()).count();
        // A call is on our record before it is sent. A worker that is killed between the two leaves one that never was.
        ensure!(
            asked <= mine.len() && mine.len() - asked <= unheard,
            "{id}: they saw {asked} calls, we made {} of which {unheard} were never answered",
            mine.len()
        );
        let ambiguous = mine.iter().filter(|call| call.state == "ambiguous").count();
        let answered = mine.iter().filter(|call| call.state == "answered").count();
        ensure!(
            answered <= 1 && charged <= u64::try_from(answered + ambiguous)?,
            "{id}: paid {charged} times, and {ambiguous} answers were lost"
        );
        counts.never_sent += mine.len() - asked;
        counts.lost += ambiguous;
        counts.twice += usize::from(charged > 1);
    }
    Ok(counts)
}

/// Each call that was answered is the same one in both books, with the same end and the same price.
fn by_call(prompts: &HashMap<String, Uuid>, ours: &[OurCall], theirs: &[&Call]) -> Result<()> {
    let by_id: HashMap<&str, &Call> = theirs.iter().map(|call| (call.id.as_str(), *call)).collect();
    for call in ours {
        let Some(request_id) = &call.request_id else {
            let why = call.error.clone().unwrap_or_default();
            ensure!(call.state == "ambiguous" && why.contains("the attempt ended"), "unheard: {call:?}");
            continue;
        };
        let theirs = by_id.get(request_id.as_str()).with_context(|| format!("they do not know {call:?}"))?;
        let prompt = theirs.prompt_sha256.as_deref().unwrap_or_default();
        ensure!(prompts.get(prompt) == Some(&call.generation_id), "{call:?} is {theirs:?}");
        let is_paid = matches!(call.state.as_str(), "answered" | "ambiguous");
        ensure!(is_paid == (theirs.pictures == 1), "{call:?} is {theirs:?}");
        if call.state == "answered" {
            ensure!(call.cost_microdollars == Some(theirs.microdollars), "{call:?} is {theirs:?}");
        }
    }
    Ok(())
}

/// Equal to the unit, but for what we count to be on the safe side: calls that never were, and those that were refused while
/// nobody listened any more. Returns how much that is.
async fn spending(
    db: &PgPool,
    ours: &[OurCall],
    theirs: &[&Call],
    charged: i64,
    never_sent: usize,
) -> Result<i64> {
    for call in theirs {
        ensure!(call.microdollars == PRICE * i64::try_from(call.pictures)?, "another price: {call:?}");
    }
    ensure!(ours.iter().all(|call| call.estimated_microdollars == PRICE), "estimates are what it costs");
    let spent: i64 =
        sqlx::query_scalar("select sum(microdollars)::bigint from provider_spending").fetch_one(db).await?;
    let is_paid = |call: &&OurCall| matches!(call.state.as_str(), "answered" | "ambiguous");
    let paid = i64::try_from(ours.iter().filter(is_paid).count())?;
    ensure!(spent == PRICE * paid, "spent {spent}, and {paid} calls were paid for or lost");
    let heard: HashSet<&str> = ours.iter().filter_map(|call| call.request_id.as_deref()).collect();
    let is_refused_unheard = |call: &&&Call| call.pictures == 0 && !heard.contains(call.id.as_str());
    let refused_unheard = theirs.iter().filter(is_refused_unheard).count();
    let uncharged = PRICE * i64::try_from(never_sent + refused_unheard)?;
    ensure!(
        spent == charged + uncharged,
        "spent {spent}, charged {charged}, {never_sent} never sent, {refused_unheard} refused unheard"
    );
    Ok(uncharged)
}
