//! Leaving: everything is taken along first, and after the days of grace nothing of the person is left.

use std::{io::Cursor, time::Duration};

use anyhow::{Context, Result, ensure};
use journeys::{Customer, TestShop, customers::PASSWORD};
use reqwest::{StatusCode, header};
use serde_json::Value;
use zip::ZipArchive;

const SOON: Duration = Duration::from_secs(20);
const EMAIL: &str = "mira@example.org";

/// The link of a page that begins and ends like that.
fn link(html: &str, begins: &str, ends: &str) -> Option<String> {
    let links = html.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"').map(|(link, _)| link));
    links.map(str::to_owned).find(|link| link.starts_with(begins) && link.ends_with(ends))
}

#[tokio::test]
async fn an_export_is_told_by_mail_opened_and_complete() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let mira = Customer::sign_up(&shop.url, &shop.outside, EMAIL).await?;
    for prompt in ["a fox in the snow", "an owl at noon"] {
        mira.receive(&mira.ask_for(prompt).await?, SOON).await?;
    }
    let address =
        [("name", "Mira"), ("line1", "Quay 1"), ("city", "Bremen"), ("postcode", "28195"), ("country", "DE")];
    let added = mira.submit("/account/addresses/new?country=DE", "/account/addresses", &address).await?;
    ensure!(added.status() == StatusCode::SEE_OTHER, "the address answered {}", added.status());
    shop.settle(SOON).await?;

    let asked = mira.submit("/account/exports", "/account/exports", &[]).await?;
    ensure!(asked.status() == StatusCode::SEE_OTHER, "asking answered {}", asked.status());
    let place = shop.outside.wait_for_link(EMAIL, "/account/exports").await?;
    let page = mira.read(&place).await?;
    let file = link(&page, "/account/exports/", "/file").context("no file to download")?;
    ensure!(
        Customer::arrive(&shop.url)?.open(&file).await?.status() == StatusCode::SEE_OTHER,
        "a link alone is not enough: a stranger is sent to sign in"
    );
    let signed = mira.open(&file).await?;
    let signed = signed.headers().get(header::LOCATION).context("no signed link")?.to_str()?.to_owned();
    let bytes = mira.open(&signed).await?.error_for_status()?.bytes().await?;

    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let data: Value = serde_json::from_reader(archive.by_name("data.json")?)?;
    ensure!(data["profile"]["email"] == EMAIL && data["addresses"][0]["city"] == "Bremen", "{data}");
    let prompts: Vec<&str> = data["generations"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|one| one["prompt"].as_str())
        .collect();
    ensure!(prompts.len() == 2 && prompts.contains(&"an owl at noon"), "{prompts:?}");
    let images = data["images"].as_array().context("no images")?.clone();
    ensure!(images.len() == 2, "{images:?}");
    for image in images {
        let name = image["file"].as_str().context("no file")?.to_owned();
        ensure!(archive.by_name(&name)?.size() > 1_000, "{name} is a picture");
    }
    shop.close(0).await
}

#[tokio::test]
async fn after_the_days_of_grace_the_person_is_gone_and_the_account_stays_for_its_orders() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let db = &shop.database.pool;
    let mira = Customer::sign_up(&shop.url, &shop.outside, EMAIL).await?;
    let laptop = Customer::arrive(&shop.url)?;
    laptop.sign_in(EMAIL, PASSWORD).await?;
    mira.receive(&mira.ask_for("a fox in the snow").await?, SOON).await?;
    shop.settle(SOON).await?;

    let fields = [("published", "go"), ("current_password", PASSWORD)];
    let asked = mira.submit("/account/deletion", "/account/deletion", &fields).await?;
    ensure!(asked.status() == StatusCode::SEE_OTHER, "asking answered {}", asked.status());
    shop.outside.wait_for_letter(EMAIL, "delete").await?;
    ensure!(
        laptop.open("/account").await?.status() == StatusCode::SEE_OTHER,
        "other browsers are signed out"
    );
    let kept = mira.submit("/account/deletion", "/account/deletion/withdrawal", &[]).await?;
    ensure!(kept.status() == StatusCode::SEE_OTHER, "thinking better of it answered {}", kept.status());
    mira.submit("/account/deletion", "/account/deletion", &fields).await?;
    shop.settle(SOON).await?;

    // Two weeks pass.
    sqlx::query("update accounts set erase_at = now() - interval '1 second' where erase_at is not null")
        .execute(db)
        .await?;
    sqlx::query(
        "update apalis.jobs set run_at = now() where convert_from(job, 'utf8') like '%erase_account%'",
    )
    .execute(db)
    .await?;
    shop.settle(SOON).await?;
    // The pictures wait for nobody who could want them back.
    let left: i64 = sqlx::query_scalar("select count(*) from images").fetch_one(db).await?;
    ensure!(left == 0, "{left} pictures are left");
    ensure!(mira.open("/account").await?.status() == StatusCode::SEE_OTHER, "the session is over");
    ensure!(Customer::arrive(&shop.url)?.sign_in(EMAIL, PASSWORD).await.is_err(), "nobody signs in");
    let row: (String, String) =
        sqlx::query_as("select email, name from accounts where erased_at is not null").fetch_one(db).await?;
    ensure!(row.0.starts_with("erased-") && row.1.is_empty(), "the row stays without the person: {row:?}");
    let named: i64 = sqlx::query_scalar("select count(*) from accounts where email = $1")
        .bind(EMAIL)
        .fetch_one(db)
        .await?;
    ensure!(named == 0);
    // The address is free again.
    Customer::arrive(&shop.url)?.open_account(EMAIL).await?;
    shop.settle(SOON).await?;
    let again: i64 = sqlx::query_scalar("select count(*) from accounts where email = $1")
        .bind(EMAIL)
        .fetch_one(db)
        .await?;
    ensure!(again == 1, "somebody can begin anew");
    shop.close(0).await
}
