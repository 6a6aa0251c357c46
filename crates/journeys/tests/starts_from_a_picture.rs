//! From an own picture to another one: brought along, stored, drawn from, and paid for once like any other.

use std::{io::Cursor, time::Duration};

use anyhow::{Context, Result, ensure};
use journeys::{
    TestShop,
    customers::{Customer, Ended},
};
use reqwest::{StatusCode, header, multipart::Part};
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);

/// A photograph of nothing much.
fn photograph() -> Result<Vec<u8>> {
    let picture =
        image::RgbImage::from_fn(900, 600, |x, y| image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 90]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// Asks for a picture that starts from a photograph; the path of its page.
async fn ask_with(customer: &Customer, prompt: &str, photograph: Vec<u8>) -> Result<String> {
    let html = customer.read("/generations/new").await?;
    let fields = [
        ("prompt", prompt),
        ("style", "watercolour"),
        ("size", "landscape"),
        ("quality", "draft"),
        ("count", "2"),
        ("again", "yes"),
    ];
    let file = Part::bytes(photograph).file_name("IMG_0001.png").mime_str("image/png")?;
    let answer = customer.send_with_file(&html, "/generations", &fields, "picture", file).await?;
    ensure!(answer.status() == StatusCode::SEE_OTHER, "asking answered {}", answer.status());
    Ok(answer.headers().get(header::LOCATION).context("no Location")?.to_str()?.to_owned())
}

#[tokio::test]
async fn a_photograph_becomes_a_picture_and_that_another_one() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let page = ask_with(&customer, "the same in winter", photograph()?).await?;
    customer.receive(&page, SOON).await?;
    shop.settle(SOON).await?;
    let calls = shop.outside.calls().await?;
    ensure!((calls.edits, calls.generations, calls.pictures) == (1, 0, 2), "{calls:?}");

    // Stored by now: drawn from again, it comes from there.
    let state: String =
        sqlx::query_scalar("select state from source_images").fetch_one(&shop.database.pool).await?;
    ensure!(state == "stored");
    let again = customer.read(&format!("/generations/new?from={}", &page["/generations/".len()..])).await?;
    let source = journeys::customers::value_of(&again, "source").context("it starts from the photograph")?;
    let shown = customer.open(&format!("/sources/{}", &source["brought:".len()..])).await?;
    let link = shown.headers().get(header::LOCATION).context("no Location")?.to_str()?.to_owned();
    let stored = customer.open(&link).await?;
    ensure!(stored.status() == StatusCode::OK && stored.headers()[header::CONTENT_TYPE] == "image/jpeg");
    ensure!(image::load_from_memory(&stored.bytes().await?)?.width() == 900);
    let page = customer.ask_starting_from(&again, "the same at night", &source).await?;
    customer.receive(&page, SOON).await?;

    // And a picture that was drawn here is edited without being sent.
    let html = customer.read(&page).await?;
    let image =
        html.split("href=\"/images/").nth(1).and_then(|rest| rest.split('"').next()).context("a picture")?;
    let edit = customer.read(&format!("/generations/new?edit={image}")).await?;
    let source = journeys::customers::value_of(&edit, "source").context("it starts from the picture")?;
    let page = customer.ask_starting_from(&edit, "without the moon", &source).await?;
    customer.receive(&page, SOON).await?;
    shop.settle(SOON).await?;
    let calls = shop.outside.calls().await?;
    ensure!((calls.edits, calls.generations) == (3, 0), "{calls:?}");
    shop.close(0).await
}

#[tokio::test]
async fn an_edit_fails_in_the_same_classes_as_any_other_call() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let refused = ask_with(&customer, "sandbox:moderation", photograph()?).await?;
    let Ended::Problem { html } = customer.watch(&refused, SOON).await? else {
        anyhow::bail!("a picture came")
    };
    ensure!(html.contains("safety rules") && !html.contains("moderation_blocked"), "{html}");

    shop.outside.next_answer(json!({"status": 500, "times": 1, "path": "/images/edits"})).await?;
    shop.outside
        .next_answer(json!({"status": 429, "retry_after": 1, "times": 1, "path": "/images/edits"}))
        .await?;
    let page = ask_with(&customer, "a heron", photograph()?).await?;
    customer.receive(&page, SOON).await?;

    let lost = ask_with(&customer, "sandbox:cut", photograph()?).await?;
    let Ended::Problem { html } = customer.watch(&lost, Duration::from_mins(1)).await? else {
        anyhow::bail!("a picture came")
    };
    ensure!(html.contains("got lost on its way"), "{html}");
    let calls = shop.outside.calls().await?;
    ensure!((calls.edits, calls.generations) == (1 + 3 + 2, 0), "{calls:?}");
    shop.close(0).await
}

#[tokio::test]
async fn storage_that_is_away_neither_loses_the_photograph_nor_pays_for_it() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    shop.outside.storage_outage(4).await?;
    let page = ask_with(&customer, "a fox in the snow", photograph()?).await?;
    customer.receive(&page, SOON).await?;
    shop.settle(Duration::from_mins(1)).await?;
    let calls = shop.outside.calls().await?;
    ensure!((calls.edits, calls.generations) == (1, 0), "{calls:?}");
    shop.close(0).await
}

#[tokio::test]
async fn what_was_brought_along_is_gone_a_month_later() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    let page = ask_with(&customer, "a hare", photograph()?).await?;
    customer.receive(&page, SOON).await?;
    shop.settle(SOON).await?;
    let db = &shop.database.pool;
    let id: uuid::Uuid = sqlx::query_scalar("select id from source_images").fetch_one(db).await?;
    let shown = customer.open(&format!("/sources/{id}")).await?;
    let link = shown.headers().get(header::LOCATION).context("no Location")?.to_str()?.to_owned();
    ensure!(customer.open(&link).await?.status() == StatusCode::OK);
    // As if it had been used five weeks ago.
    sqlx::query("update source_images set used_at = used_at - interval '35 days'").execute(db).await?;
    sqlx::query("update apalis.jobs set run_at = now() where status = 'Pending'").execute(db).await?;
    shop.settle(SOON).await?;
    ensure!(customer.open(&link).await?.status() == StatusCode::NOT_FOUND, "its object is gone");
    ensure!(customer.open(&format!("/sources/{id}")).await?.status() == StatusCode::NOT_FOUND);
    let again = customer.read(&format!("/generations/new?from={}", &page["/generations/".len()..])).await?;
    ensure!(again.contains("is not kept any more"), "{again}");
    shop.close(0).await
}
