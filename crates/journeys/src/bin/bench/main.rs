//! Measures the optimised programs: `./bench spine` and its like print `name value unit` lines. Nothing here passes or fails.

mod figures;
mod gallery;
mod generation;
mod memory;
mod queue;
mod signin;
mod spine;
mod webhooks;

use anyhow::{Result, bail};

#[tokio::main]
async fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("spine") => {
            memory::measure().await?;
            queue::measure_start().await?;
            queue::measure_rate().await?;
            spine::measure().await?;
            gallery::measure().await
        }
        Some("signin") => signin::measure().await,
        Some("generation") => {
            generation::measure_rate().await?;
            generation::measure_polling().await
        }
        Some("webhooks") => webhooks::measure().await,
        _ => bail!("usage: ./bench spine|signin|generation|webhooks"),
    }
}
