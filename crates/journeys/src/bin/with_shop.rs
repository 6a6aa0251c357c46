//! Opens a whole shop, runs a command against it (`SHOP_URL`, `SANDBOX_URL`), and ends with the command's exit code:
//! `with_shop node suite.mjs`. What the browser suite runs under.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use journeys::TestShop;

#[tokio::main]
async fn main() -> Result<ExitCode> {
    let mut words = std::env::args_os().skip(1);
    let program = words.next().context("usage: with_shop COMMAND [ARGUMENT…]")?;
    let shop = TestShop::open(1).await?;
    let mut command = Command::new(program);
    command.args(words).env("SHOP_URL", &shop.url).env("SANDBOX_URL", shop.outside.dashboard());
    let status = tokio::task::spawn_blocking(move || command.status()).await??;
    if !status.success() {
        for line in shop.web.log().lines().filter(|line| line.contains("WARN") || line.contains("ERROR")) {
            eprintln!("web: {line}");
        }
        return Ok(ExitCode::FAILURE);
    }
    shop.close(0).await?;
    Ok(ExitCode::SUCCESS)
}
