//! From the click to the picture on the page, less what the provider took.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use journeys::TestShop;

use crate::figures;

const PICTURES: usize = 100;
/// Pictures that one customer asks for: more at once would be slowed down.
const PICTURES_EACH: usize = 25;

/// One customer at a time, one picture at a time, looking every 20 ms.
pub async fn measure() -> Result<()> {
    let shop = TestShop::open(1).await?;
    let mut customer = shop.customer().await?;
    shop.outside.draw_time(600).await?;
    let mut times = Vec::with_capacity(PICTURES);
    for number in 0..PICTURES {
        if number > 0 && number % PICTURES_EACH == 0 {
            customer = shop.customer().await?;
        }
        let create = customer.read("/generations/new").await?;
        let clicked = Instant::now();
        let page = customer.ask_on(&create, &format!("a lighthouse at dawn, number {number}")).await?;
        customer.receive(&page, Duration::from_mins(1)).await?;
        let seen = clicked.elapsed();
        let calls = shop.outside.calls().await?.calls;
        let call = calls.iter().max_by_key(|call| call.started_ms).context("no call")?;
        let provider = Duration::from_millis(call.ended_ms.context("an open call")? - call.started_ms);
        times.push(seen.saturating_sub(provider));
        // The uploads and thumbnails of this one are not the next one's wait.
        shop.settle(Duration::from_mins(1)).await?;
    }
    figures::print_times("spine_overhead", times);
    shop.close(0).await
}
