//! The gallery under load: 24 pictures a page, rendered from Postgres each time, the load generator on the same cores.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use journeys::TestShop;
use shop::testing;

use crate::figures;

/// `wrk` with 32 connections for ten seconds, after two to warm up.
pub async fn measure() -> Result<()> {
    let shop = TestShop::open(0).await?;
    fill(&shop).await?;
    let customer = shop.customer().await?;
    let pictures = customer.read("/gallery").await?.matches("<img ").count();
    ensure!(pictures == 24, "the gallery shows {pictures} pictures");
    let url = format!("{}/gallery", shop.url);
    load(&url, 2)?;
    let report = load(&url, 10)?;
    figures::print("gallery_rate", field(&report, "Requests/sec:")?.parse()?, "requests/s");
    figures::print("gallery_p99", milliseconds(&field(&report, "99%")?)?, "ms");
    ensure!(!report.contains("Non-2xx"), "some answers were errors:\n{report}");
    shop.close(0).await
}

/// A thousand pictures in the gallery.
pub async fn fill(shop: &TestShop) -> Result<()> {
    let db = &shop.database.pool;
    let owner = testing::account(db, "painter@example.org", "x").await;
    sqlx::query(
        "with g as (
             insert into generations (id, account_id, client_key, prompt, style, size, count, state, created_at, finished_at)
             select gen_random_uuid(), $1, gen_random_uuid(), 'a lighthouse above the sea at dawn, number ' || n, 'watercolour', 'portrait', 1, 'ready', now(), now()
             from generate_series(1, 1000) n returning id
         )
         insert into images (id, generation_id, account_id, position, state, visibility, format, width, height, sha256,
                             thumbnail_widths, title, created_at, published_at)
         select gen_random_uuid(), id, $1, 1, 'stored', 'published', 'png', 1024, 1536, decode(repeat('00', 32), 'hex'),
                '{320,640,960}', 'a lighthouse above the sea at dawn', now(), now() from g",
    )
    .bind(owner.0)
    .execute(db)
    .await?;
    sqlx::raw_sql("vacuum analyze").execute(db).await?;
    Ok(())
}

fn load(url: &str, seconds: u32) -> Result<String> {
    let output = Command::new("wrk")
        .args(["-t2", "-c32", &format!("-d{seconds}s"), "--latency", url])
        .output()
        .context("cannot run wrk, the load generator")?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn field(report: &str, name: &str) -> Result<String> {
    let line = report.lines().find(|line| line.trim_start().starts_with(name));
    let value = line.and_then(|line| line.split_whitespace().nth(1));
    Ok(value.with_context(|| format!("wrk says nothing of {name}:\n{report}"))?.to_owned())
}

fn milliseconds(text: &str) -> Result<f64> {
    let unit = text.find(|c: char| c.is_ascii_alphabetic()).context("no unit")?;
    let (number, unit) = text.split_at(unit);
    let scale = match unit {
        "us" => 0.001,
        "ms" => 1.0,
        "s" => 1000.0,
        _ => anyhow::bail!("wrk's unit {unit:?} is not known"),
    };
    Ok(number.parse::<f64>()? * scale)
}
