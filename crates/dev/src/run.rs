//! `./dev`: start, say where everything is, wait, stop.

use std::{process::ExitCode, time::Duration};

use crate::{
    logs::{Logs, Source},
    outside::Outside,
    places::Places,
    signals::{Signals, Wish},
    stack::{Plan, Stack},
    table,
};

/// How long a picture takes in the sandbox: long enough to see the page wait, short enough to work with.
const DRAW_TIME: std::ops::RangeInclusive<Duration> = Duration::from_secs(2)..=Duration::from_secs(6);

/// Longer than a picture may take that is being paid for.
const DRAIN: Duration = Duration::from_mins(6);

/// Runs the stack until a signal comes.
pub async fn run(places: &Places) -> anyhow::Result<ExitCode> {
    let signals = Signals::listen()?;
    let logs = Logs::shown();
    let stack = Stack::start(Plan {
        places: places.clone(),
        outside: Outside::given(&places.root)?,
        draw_time: DRAW_TIME,
        drain: DRAIN,
        logs: logs.clone(),
        signals: signals.clone(),
    })
    .await?;
    println!("{}", table::of(&stack));
    signals.wished(Wish::Stop).await;
    logs.line(Source::Dev, "stopping");
    stack.stop().await?;
    logs.line(Source::Dev, "stopped; the data stays, `./dev` goes on with it");
    Ok(ExitCode::SUCCESS)
}
