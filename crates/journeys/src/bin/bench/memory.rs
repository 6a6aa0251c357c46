//! What the two programs hold when nobody asks for anything.

use std::time::Duration;

use anyhow::{Context, Result};
use journeys::TestShop;

use crate::figures;

/// Resident memory of both programs, after they have done a little of everything.
pub async fn measure() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let customer = shop.customer().await?;
    for number in 0..3 {
        let page = customer.ask_for(&format!("a fox, number {number}")).await?;
        customer.receive(&page, Duration::from_mins(1)).await?;
    }
    shop.settle(Duration::from_mins(1)).await?;
    for path in ["/", "/gallery", "/generations", "/generations/new"] {
        customer.read(path).await?;
    }
    tokio::time::sleep(Duration::from_secs(10)).await;
    figures::print("web_idle_rss", resident(shop.web.id())?, "MB");
    figures::print("worker_idle_rss", resident(shop.workers[0].id())?, "MB");
    shop.close(0).await
}

fn resident(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).context("no VmRSS")?;
    let kib: f64 = line.split_whitespace().nth(1).context("no number")?.parse()?;
    Ok(kib * 1024.0 / 1e6)
}
