//! What a payment provider waits for: an event is checked, stored with its job, and answered, while workers do what follows from
//! the ones before.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use hmac::{Hmac, KeyInit, Mac};
use journeys::{TestShop, buyers::GOOD_CARD, shops};
use sandbox::{Paid, PayWith, Post};
use serde_json::Value;
use sha2::Sha256;
use shop::{Cause, testing};

use crate::figures;

/// Each brings some five events.
const ORDERS: usize = 1_000;
const WORKERS: usize = 2;
/// Stripe sends many at once after it had to wait.
const AT_ONCE: usize = 16;
const PATIENCE: Duration = Duration::from_mins(10);

/// Pays a thousand orders and delivers everything that is told of them, each event twice, in another order.
pub async fn measure() -> Result<()> {
    let shop = TestShop::open(WORKERS).await?;
    let db = &shop.database.pool;
    let till = shop.till();
    // The deliveries of the stand-in would be measured with its own work: these are ours.
    till.set_post(Post { withheld: 100, ..Post::default() })?;
    for _ in 0..ORDERS {
        testing::order_to_pay(db, None).await;
    }
    shop.settle(PATIENCE).await?;
    let pages: Vec<String> =
        sqlx::query_scalar("select provider_ref from payment_sessions where state = 'open'")
            .fetch_all(db)
            .await?;
    ensure!(pages.len() == ORDERS, "{} of {ORDERS} can be paid", pages.len());
    for page in &pages {
        ensure!(till.pay(page, PayWith::Card(GOOD_CARD))? == Paid::Complete, "{page} is not paid");
    }
    let http = shops::client()?.build()?;
    let told = events(&http, &shop).await?;
    let deliveries: Vec<&String> = told.iter().chain(told.iter().rev()).collect();
    let url = format!("{}/hooks/stripe", shop.url);
    let began = Instant::now();
    let times: Vec<Duration> = stream::iter(&deliveries)
        .map(|body| deliver(&http, &url, body))
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let took = began.elapsed();
    figures::print_times("webhook", times);
    #[expect(clippy::cast_precision_loss, reason = "a count of deliveries")]
    let rate = deliveries.len() as f64 / took.as_secs_f64();
    figures::print("webhook_rate", rate, "deliveries/s");
    shop.settle(PATIENCE).await?;
    let (stored, confirmed): (i64, i64) = sqlx::query_as(
        "select (select count(*) from payment_events), (select count(*) from orders where status = 'confirmed')",
    )
    .fetch_one(db)
    .await?;
    ensure!(usize::try_from(stored)? == told.len(), "{stored} of {} events are stored", told.len());
    ensure!(usize::try_from(confirmed)? == ORDERS, "{confirmed} of {ORDERS} orders are confirmed");
    shop.close(0).await
}

/// All events as the provider would send them.
async fn events(http: &reqwest::Client, shop: &TestShop) -> Result<Vec<String>> {
    let mut events = Vec::new();
    let mut after = String::new();
    loop {
        let url = format!("{}v1/events?limit=100{after}", shop.stripe_base_url());
        let page: Value =
            http.get(url).bearer_auth(shops::STRIPE_KEY).send().await?.error_for_status()?.json().await?;
        let data = page["data"].as_array().context("no list")?;
        events.extend(data.iter().map(Value::to_string));
        if page["has_more"] != Value::Bool(true) {
            return Ok(events);
        }
        let last = data.last().and_then(|event| event["id"].as_str()).context("no id")?;
        after = format!("&starting_after={last}");
    }
}

/// Signs an event as Stripe does (docs.stripe.com/webhooks, "Verify manually") and sends it; how long the answer took.
async fn deliver(http: &reqwest::Client, url: &str, body: &str) -> Result<Duration> {
    let now = Cause::now(None).at.timestamp();
    let mut mac = Hmac::<Sha256>::new_from_slice(shops::WEBHOOK_SECRET.as_bytes())?;
    mac.update(format!("{now}.{body}").as_bytes());
    let signature = format!("t={now},v1={}", hex::encode(mac.finalize().into_bytes()));
    let began = Instant::now();
    let answer = http.post(url).header("stripe-signature", signature).body(body.to_owned()).send().await?;
    ensure!(answer.status().is_success(), "an event was answered with {}", answer.status());
    answer.bytes().await?;
    Ok(began.elapsed())
}
