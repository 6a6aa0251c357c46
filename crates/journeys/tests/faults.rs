//! Killed workers, absent storage, a handler that panics: nothing is lost, nothing is paid for twice.

use std::{sync::Arc, time::Duration};

use anyhow::{Result, ensure};
use journeys::{TestShop, customers::Ended};
use shop::jobs::{Job, Lane};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use worker::runner::{self, Context, Handler, JobError, Policy, Settings, lanes::LaneSettings};

#[tokio::test]
async fn a_worker_killed_in_the_middle_of_a_call_loses_nothing() -> Result<()> {
    let mut shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    shop.outside.draw_time(4_000).await?;
    let page = customer.ask_for("a fox in the snow").await?;
    while shop.outside.calls().await?.in_flight == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    shop.workers.remove(0).kill();
    let killed = Instant::now();
    shop.hire("").await?;
    customer.receive(&page, Duration::from_secs(45)).await?;
    eprintln!("killed_to_picture {:.1} s", killed.elapsed().as_secs_f64());
    let calls = shop.outside.calls().await?.generations;
    ensure!(calls <= 2, "{calls} calls: at most one extra");
    shop.close(0).await
}

#[tokio::test]
async fn storage_that_is_away_after_the_answer_costs_no_second_call() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    shop.outside.storage_outage(20).await?;
    let page = customer.ask_for("a fox in the snow").await?;
    customer.receive(&page, Duration::from_secs(20)).await?;
    shop.settle(Duration::from_secs(90)).await?;
    ensure!(customer.read(&page).await?.contains("X-Amz-Signature"), "it moved to storage in the end");
    customer.receive(&page, Duration::from_secs(20)).await?;
    ensure!(shop.outside.calls().await?.generations == 1, "exactly one call");
    shop.close(0).await
}

#[tokio::test]
async fn two_workers_draw_two_hundred_pictures_each_once() -> Result<()> {
    let shop = TestShop::open(2).await?;
    let customer = shop.customer().await?;
    shop.outside.prepared().await?;
    for number in 0..200 {
        // How often one may ask is another story.
        sqlx::query("delete from throttles").execute(&shop.database.pool).await?;
        customer.ask_for(&format!("a fox, number {number}")).await?;
    }
    shop.settle(Duration::from_mins(10)).await?;
    ensure!(shop.outside.calls().await?.generations == 200, "200 calls");
    let (images, of): (i64, i64) =
        sqlx::query_as("select count(*), count(distinct generation_id) from images where state = 'stored' and thumbnail_widths <> '{}'")
            .fetch_one(&shop.database.pool)
            .await?;
    ensure!((images, of) == (200, 200), "200 pictures, none twice: {images} of {of}");
    let twice: i64 =
        sqlx::query_scalar("select count(*) from job_attempts where number > 1 or outcome <> 'done'")
            .fetch_one(&shop.database.pool)
            .await?;
    ensure!(twice == 0, "{twice} attempts were not the first and only one");
    shop.close(0).await
}

#[tokio::test]
async fn a_stopped_worker_lets_its_call_end_and_another_one_takes_over() -> Result<()> {
    let mut shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    shop.outside.draw_time(3_000).await?;
    let page = customer.ask_for("a fox in the snow").await?;
    while shop.outside.calls().await?.in_flight == 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut stopping = shop.workers.remove(0);
    stopping.stop().await?;
    shop.hire("").await?;
    customer.receive(&page, Duration::from_secs(20)).await?;
    ensure!(shop.outside.calls().await?.generations == 1, "the call was neither cut nor repeated");
    shop.close(0).await
}

struct Panics;

impl Handler for Panics {
    fn policy(&self, _: &Job) -> Policy {
        Policy { deadline: Duration::from_secs(10), paid: true }
    }

    async fn handle(&self, _: Job, _: Context) -> Result<(), JobError> {
        panic!("boom")
    }
}

#[tokio::test]
async fn a_job_that_always_panics_ends_and_the_customer_reads_why() -> Result<()> {
    let shop = TestShop::open(0).await?;
    let customer = shop.customer().await?;
    let page = customer.ask_for("a fox in the snow").await?;
    let ended = CancellationToken::new();
    let settings = Settings {
        lanes: vec![LaneSettings::usual(Lane::Generation)],
        backoff: Duration::from_millis(20),
        ..Settings::default()
    };
    let beats = shop::schema::connect(&shop.database.url, "beats", 1).await?;
    let running = tokio::spawn(runner::run(
        shop.database.pool.clone(),
        beats,
        Arc::new(Panics),
        settings,
        ended.clone(),
    ));
    let Ended::Problem { html } = customer.watch(&page, Duration::from_secs(30)).await? else {
        anyhow::bail!("a picture came")
    };
    ensure!(html.contains("Nothing was charged") && !html.contains("boom"), "{html}");
    let attempts: Vec<String> = sqlx::query_scalar("select outcome from job_attempts order by id")
        .fetch_all(&shop.database.pool)
        .await?;
    ensure!(attempts == ["panicked"; 5], "{attempts:?}");
    ended.cancel();
    running.await??;
    shop.close(1).await
}
