//! From sign-up to a picture in the gallery, and what happens when the outside misbehaves.

use std::time::Duration;

use anyhow::{Result, ensure};
use journeys::{TestShop, customers::Ended};
use reqwest::{StatusCode, header};
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_sentence_becomes_a_picture_in_the_gallery() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let page = customer.ask_for("a lighthouse in the sea at dawn").await?;
    customer.receive(&page, SOON).await?;
    shop.settle(SOON).await?;

    // Small versions by now, from object storage by signed URLs.
    let html = customer.read(&page).await?;
    ensure!(
        html.contains("image/webp") && html.contains("X-Amz-Signature"),
        "no small versions on {page}:\n{html}"
    );
    customer.receive(&page, SOON).await?;

    let image = html
        .split("href=\"/images/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .map(|id| format!("/images/{id}"));
    let image = image.expect("a link to the picture");
    let stranger = shop.customer().await?;
    ensure!(stranger.open(&image).await?.status() == StatusCode::NOT_FOUND, "private to its owner");
    let published =
        customer.submit(&image, &format!("{image}/visibility"), &[("visibility", "published")]).await?;
    ensure!(published.status() == StatusCode::SEE_OTHER, "publishing answered {}", published.status());
    let hung = stranger.open(&image).await?;
    let hung = hung.headers().get(header::LOCATION).and_then(|place| place.to_str().ok()).unwrap_or_default();
    ensure!(stranger.read("/gallery").await?.contains(hung), "in the gallery");
    ensure!(stranger.read(hung).await?.contains("AI-generated"), "for everybody, who read what it is");
    shop.settle(SOON).await?;
    let card = stranger.open(&format!("{hung}/card.jpg")).await?;
    let link = card.headers().get(header::LOCATION).and_then(|link| link.to_str().ok()).unwrap_or_default();
    ensure!(link.contains("/card.jpg?X-Amz-"), "links to it are shared with a card, not {link}");
    let card = stranger.open(link).await?.bytes().await?;
    ensure!(card.starts_with(&[0xff, 0xd8]), "which is a JPEG");
    ensure!(card.windows(23).any(|text| text == b"trainedAlgorithmicMedia"), "that says that an AI made it");
    ensure!(shop.outside.calls().await?.generations == 1);
    shop.close(0).await
}

#[tokio::test]
async fn a_refusal_is_told_kindly_and_asked_once() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let page = customer.ask_for("sandbox:moderation").await?;
    let Ended::Problem { html } = customer.watch(&page, SOON).await? else { anyhow::bail!("a picture came") };
    ensure!(html.contains("safety rules") && !html.contains("moderation_blocked"), "{html}");
    ensure!(shop.outside.calls().await?.generations == 1);
    shop.close(0).await
}

#[tokio::test]
async fn a_failing_provider_is_asked_again_and_a_busy_one_later() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    shop.outside.next_answer(json!({"status": 500, "times": 1})).await?;
    let page = customer.ask_for("a hare").await?;
    customer.receive(&page, SOON).await?;
    shop.outside.next_answer(json!({"status": 429, "retry_after": 1, "times": 2})).await?;
    let page = customer.ask_for("a heron").await?;
    customer.receive(&page, SOON).await?;
    let counted: Vec<(i32, String)> = sqlx::query_as(
        "select number, outcome from job_attempts where outcome in ('retry', 'put_off') order by id",
    )
    .fetch_all(&shop.database.pool)
    .await?;
    ensure!(
        counted == [(1, "retry".to_owned()), (1, "put_off".to_owned()), (1, "put_off".to_owned())],
        "{counted:?}"
    );
    shop.close(0).await
}

#[tokio::test]
async fn an_answer_that_is_lost_twice_ends_with_a_kind_sentence() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let page = customer.ask_for("sandbox:cut").await?;
    let Ended::Problem { html } = customer.watch(&page, Duration::from_mins(1)).await? else {
        anyhow::bail!("a picture came")
    };
    ensure!(html.contains("got lost on its way"), "{html}");
    ensure!(shop.outside.calls().await?.generations == 2, "the first and one second try");
    shop.close(0).await
}

#[tokio::test]
async fn a_deleted_picture_leaves_nothing_in_storage() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let page = customer.ask_for("a fox in the snow").await?;
    customer.receive(&page, SOON).await?;
    shop.settle(SOON).await?;
    let html = customer.read(&page).await?;
    let image = html
        .split("href=\"/images/")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a link")
        .to_owned();
    let image = format!("/images/{image}");
    let links: Vec<String> = html
        .split(['"', ' '])
        .filter(|word| word.contains("X-Amz-Signature"))
        .map(|link| link.replace("&amp;", "&"))
        .collect();
    ensure!(links.len() >= 6, "{links:?}");
    for link in &links {
        ensure!(customer.open(link).await?.status() == StatusCode::OK, "{link} is there");
    }
    customer.submit(&image, &format!("{image}/deletion"), &[]).await?;
    // As if it had been deleted two hours ago.
    let db = &shop.database.pool;
    sqlx::query("update images set deleted_at = deleted_at - interval '2 hours'").execute(db).await?;
    sqlx::query("update apalis.jobs set run_at = now() where status = 'Pending'").execute(db).await?;
    shop.settle(SOON).await?;
    for link in &links {
        ensure!(customer.open(link).await?.status() == StatusCode::NOT_FOUND, "{link} is gone");
    }
    ensure!(customer.open(&image).await?.status() == StatusCode::NOT_FOUND);
    shop.close(0).await
}
