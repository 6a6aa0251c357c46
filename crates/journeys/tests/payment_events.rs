//! A storm of events: shuffled, each delivered one to five times, a third of them at the same moment. What stands in the books
//! afterwards is what stands there when each event comes once and in order. And what is withheld is found out.
//!
//! `./test` runs a short one; at full length, with its figures:
//! `STORM_EVENTS=10000 ./dev with-postgres -- cargo test -p journeys --test payment_events -- --nocapture`

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use journeys::{
    TestShop,
    buyers::{BAD_IBAN, DECLINED_CARD, GOOD_CARD, GOOD_IBAN},
};
use sandbox::{Pace, Paid, PayWith, Post, Till};
use shop::{ids::OrderId, testing};
use sqlx::PgPool;

const PATIENCE: Duration = Duration::from_mins(15);
/// About so many events come of an order, with the stories below in turn.
const EVENTS_OF_AN_ORDER: usize = 6;

/// What becomes of the order with this number at the provider: the stories in turn.
fn tell(till: &Till, number: usize, session: &str, amount: i64) -> Result<()> {
    let pay = |with| -> Result<()> {
        ensure!(till.pay(session, with)? == Paid::Complete, "{session} is not paid");
        Ok(())
    };
    match number % 8 {
        0 => pay(PayWith::Card(GOOD_CARD))?,
        1 => {
            ensure!(till.pay(session, PayWith::Card(DECLINED_CARD))? == Paid::Declined, "not declined");
            pay(PayWith::Card(GOOD_CARD))?;
        }
        2 => {
            pay(PayWith::Card(GOOD_CARD))?;
            till.refund(session, Some(amount / 3))?;
        }
        3 => {
            pay(PayWith::Card(GOOD_CARD))?;
            till.refund(session, Some(amount / 3))?;
            till.refund(session, None)?;
        }
        4 => {
            pay(PayWith::Card(GOOD_CARD))?;
            let dispute = till.dispute(session)?;
            till.close_dispute(&dispute, number % 16 == 4)?;
        }
        5 => {
            pay(PayWith::Iban(GOOD_IBAN))?;
            till.settle(session, true)?;
        }
        6 => {
            pay(PayWith::Iban(BAD_IBAN))?;
            till.settle(session, false)?;
        }
        _ => till.expire(session)?,
    }
    Ok(())
}

/// What stands in the books about an order, without ids of the provider, which differ from shop to shop.
type Books = (String, String, Option<String>, Option<String>, String);

async fn books(db: &PgPool, order: OrderId) -> Result<Books> {
    let found = sqlx::query_as(
        "select status, payment_status, hold, end_reason,
                coalesce((select string_agg(kind || ' ' || amount || ' ' || currency, ', ' order by kind, amount)
                          from ledger_entries where order_id = o.id), '')
         from orders o where id = $1",
    );
    Ok(found.bind(order.0).fetch_one(db).await?)
}

/// What an order's customer and staff were written, and what its timeline says, by kind.
async fn traces(db: &PgPool) -> Result<Vec<(String, i64)>> {
    let found = "select 'event ' || kind, count(*) from order_events group by kind
                 union all select 'mail ' || kind, count(*) from mails group by kind order by 1";
    Ok(sqlx::query_as(found).fetch_all(db).await?)
}

/// A shop with so many orders that can be paid, and their sessions.
async fn with_orders(orders: usize) -> Result<(TestShop, Vec<(OrderId, String, i64)>)> {
    let shop = TestShop::open(2).await?;
    let db = &shop.database.pool;
    // What is decided by time is decided by the story instead.
    shop.till().set_pace(Pace { settle_ms: 3_600_000, dispute_ms: 3_600_000, refund_ms: 3_600_000 });
    let mut placed = Vec::new();
    for _ in 0..orders {
        placed.push(testing::order_to_pay(db, None).await.id);
    }
    shop.settle(PATIENCE).await?;
    let mut sessions = Vec::new();
    for order in placed {
        let (session, amount): (Option<String>, i64) =
            sqlx::query_as("select provider_ref, amount from payment_sessions where order_id = $1")
                .bind(order.0)
                .fetch_one(db)
                .await?;
        sessions.push((order, session.context("it was not opened")?, amount));
    }
    Ok((shop, sessions))
}

/// Everything that the provider told has arrived.
async fn delivered(till: &Till) -> Result<()> {
    let deadline = Instant::now() + PATIENCE;
    while till.account().undelivered > 0 {
        ensure!(Instant::now() < deadline, "{} events are undelivered", till.account().undelivered);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn shuffled_doubled_and_concurrent_events_end_as_those_in_order() -> Result<()> {
    let orders = how_many() / EVENTS_OF_AN_ORDER;
    let mut ends = Vec::new();
    for stormy in [false, true] {
        let (shop, sessions) = with_orders(orders).await?;
        let till = shop.till().clone();
        let calm = Post { at_once: 1, ..Post::default() };
        till.set_post(if stormy { Post { withheld: 100, ..calm } } else { calm })?;
        let began = Instant::now();
        for (number, (_, session, amount)) in sessions.iter().enumerate() {
            tell(&till, number, session, *amount)?;
        }
        if stormy {
            let delay_ms = u64::try_from(orders)? * 10;
            let storm =
                Post { copies_min: 1, copies_max: 5, delay_ms, together: 33, at_once: 64, ..Post::default() };
            till.set_post(storm)?;
            till.release();
        }
        delivered(&till).await?;
        shop.settle(PATIENCE).await?;
        let db = &shop.database.pool;
        let mut end = Vec::new();
        for (order, _, _) in &sessions {
            end.push(books(db, *order).await?);
        }
        let (stored, handled): (i64, i64) = sqlx::query_as(
            "select count(*), count(*) filter (where handled_at is not null) from payment_events",
        )
        .fetch_one(db)
        .await?;
        let told = till.account().events;
        eprintln!(
            "{told} events, {stored} stored, in {:.1} s; stormy: {stormy}",
            began.elapsed().as_secs_f64()
        );
        ensure!(usize::try_from(stored)? == told && handled == stored, "{handled} of {stored} of {told}");
        agrees(&till, db).await?;
        ends.push((end, traces(db).await?));
        shop.close(0).await?;
    }
    for (number, (calm, stormy)) in ends[0].0.iter().zip(&ends[1].0).enumerate() {
        ensure!(calm == stormy, "order {number} ended as {stormy:?}, and in order as {calm:?}");
    }
    ensure!(ends[0].1 == ends[1].1, "{:?} instead of {:?}", ends[1].1, ends[0].1);
    Ok(())
}

/// Our books and the provider's say the same, payment by payment.
async fn agrees(till: &Till, db: &PgPool) -> Result<()> {
    let ours: Vec<(String, i64, i64)> = sqlx::query_as(
        "select o.id::text, coalesce(sum(l.amount) filter (where l.kind = 'charge'), 0)::bigint,
                coalesce(sum(l.amount) filter (where l.kind = 'refund'), 0)::bigint
         from orders o join ledger_entries l on l.order_id = o.id group by o.id order by 1",
    )
    .fetch_all(db)
    .await?;
    let mut theirs: Vec<(String, i64, i64)> = till
        .account()
        .payments
        .into_iter()
        .map(|payment| {
            let order = payment.metadata.get("order_id").cloned().unwrap_or_default();
            (order, payment.amount, payment.refunded)
        })
        .collect();
    theirs.sort();
    ensure!(ours == theirs, "the books differ");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_never_came_are_repaired() -> Result<()> {
    let orders = 96;
    let (shop, sessions) = with_orders(orders).await?;
    let (till, db) = (shop.till().clone(), &shop.database.pool);
    till.set_post(Post { withheld: 100, ..Post::default() })?;
    for (number, (_, session, amount)) in sessions.iter().enumerate() {
        tell(&till, number, session, *amount)?;
    }
    let withheld = till.account().undelivered;
    // What comes round by itself comes round now.
    sqlx::query("update schedules set next_run_at = now() where name = 'fetch_payment_events'")
        .execute(db)
        .await?;
    let deadline = Instant::now() + PATIENCE;
    let ended = "select last_outcome from schedules where name = 'fetch_payment_events'";
    while sqlx::query_scalar::<_, Option<String>>(ended).fetch_one(db).await?.is_none() {
        ensure!(Instant::now() < deadline, "they are not fetched");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    shop.settle(PATIENCE).await?;
    // Those of which nothing follows are not asked for.
    let (fetched, handled): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where was_fetched), count(*) filter (where handled_at is not null) from payment_events",
    )
    .fetch_one(db)
    .await?;
    eprintln!("{withheld} withheld events, {fetched} of them fetched");
    ensure!(fetched >= 200 && handled == fetched, "{handled} of {fetched} fetched ones are handled");
    agrees(&till, db).await?;
    let (confirmed, expired): (i64, i64) = sqlx::query_as(
        "select count(*) filter (where status = 'confirmed'), count(*) filter (where status = 'expired') from orders",
    )
    .fetch_one(db)
    .await?;
    let count = |story: usize| (0..orders).filter(|number| number % 8 == story).count();
    ensure!(
        usize::try_from(expired)? == count(7) && usize::try_from(confirmed)? == orders - count(6) - count(7),
        "{confirmed} confirmed and {expired} expired"
    );
    shop.close(0).await
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test has no Config: whoever starts it says how long it is to be"
)]
fn how_many() -> usize {
    std::env::var("STORM_EVENTS").ok().and_then(|number| number.parse().ok()).unwrap_or(1_200)
}
