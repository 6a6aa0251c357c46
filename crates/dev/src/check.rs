//! `./dev --check`: the README's promise, tried out. A whole stack on throwaway data, and one customer's way through it.

use std::{
    fs,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use sandbox::Sandbox;
use tokio::time::sleep;

use crate::{
    browsing::{self, Visitor},
    lock::Lock,
    logs::Logs,
    outside::Outside,
    places::Places,
    secrets::Secrets,
    signals::{Signals, Wish},
    stack::{Plan, Stack},
};

/// Who comes to try the shop.
const EMAIL: &str = "check@example.com";

/// Within this time a picture must be there.
const PATIENCE: Duration = Duration::from_mins(1);

/// With pictures that take no time nothing has to be waited for.
const DRAIN: Duration = Duration::from_secs(30);
/// As much of PostgreSQL's log as one wants to see.
const LAST_WORDS: usize = 30;

/// Runs the journey; 0 when it ends well.
pub async fn check(places: &Places) -> anyhow::Result<ExitCode> {
    let began = Instant::now();
    let signals = Signals::listen()?;
    fs::create_dir_all(places.checks())?;
    sweep(&places.checks());
    let data = tempfile::Builder::new().prefix("run-").tempdir_in(places.checks())?;
    // Other accounts may look in: PostgreSQL's may be one.
    fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let throwaway = places.with_data(data.path().to_owned());
    Secrets::made_up().keep_at(&throwaway.secrets())?;

    let logs = Logs::remembered();
    let outcome = async {
        let stack = Stack::start(Plan {
            places: throwaway,
            outside: Outside::default(),
            draw_time: Duration::ZERO..=Duration::ZERO,
            drain: DRAIN,
            logs: logs.clone(),
            signals: signals.clone(),
        })
        .await?;
        let journey = match stack.wiring() {
            Some(wiring) => tokio::select! {
                journey = journey(&wiring.public_url, stack.sandbox().map(Sandbox::dashboard_url), began) => journey,
                () = signals.wished(Wish::Stop) => Err(anyhow::anyhow!("stopped")),
            },
            None => bail!("the stack is up and nothing was wired"),
        };
        let stopping = Instant::now();
        let stopped = stack.stop().await;
        print_step("stop", stopping.elapsed());
        journey.and(stopped)
    }
    .await;
    match outcome {
        Ok(()) => {
            println!("check passed");
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            for (source, lines) in logs.last_lines() {
                println!("--- last lines of {}", source.name());
                for line in lines {
                    println!("{line}");
                }
            }
            if let Ok(words) = fs::read_to_string(data.path().join("pg.log")) {
                let lines: Vec<_> = words.lines().collect();
                println!("--- last lines of PostgreSQL");
                println!("{}", lines[lines.len().saturating_sub(LAST_WORDS)..].join("\n"));
            }
            println!("check failed: {error:#}");
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Deletes what killed checks left. A server on a folder that is gone ends by itself within a minute.
fn sweep(checks: &Path) {
    for entry in fs::read_dir(checks).into_iter().flatten().flatten() {
        if Lock::is_free(&entry.path().join("dev.lock")) {
            // One that cannot be deleted now is met again by the next check.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

async fn journey(shop: &str, dashboard: Option<String>, began: Instant) -> anyhow::Result<()> {
    let visitor = Visitor::of(shop)?;
    let mut steps = Steps { since: Instant::now() };
    visitor.page("/").await?;
    print_step("cold_start_to_page", began.elapsed());
    steps.done("GET /");

    let page = visitor.page("/sign-up").await?;
    steps.done("GET /sign-up");
    let mut form = page.form("/sign-up")?;
    form.push(("email".into(), EMAIL.into()));
    form.push(("password".into(), "a long enough password".into()));
    visitor.submit("/sign-up", &form).await?;
    steps.done("POST /sign-up");

    let link = letter(&dashboard.context("mails go to a server outside")?).await?;
    steps.done("the mail is there");
    let path = link.strip_prefix(shop).with_context(|| format!("{link} leads elsewhere"))?;
    let page = visitor.page(path).await?;
    visitor.submit(path, &page.form(path)?).await?;
    steps.done("POST /verifications");

    let page = visitor.page("/generations/new").await?;
    steps.done("GET /generations/new");
    let mut form = page.form("/generations")?;
    form.push(("prompt".into(), "a lighthouse at dusk, its lamp just lit".into()));
    let place = visitor.submit("/generations", &form).await?;
    steps.done("POST /generations");

    let (kind, bytes) =
        picture(&visitor, &place).await.with_context(|| format!("{place} shows no picture"))?;
    steps.done("the picture is there");
    println!("  {kind}, {bytes} bytes");

    let page = visitor.page("/gallery").await?;
    steps.done("GET /gallery");
    visitor.submit("/sign-out", &page.form("/sign-out")?).await?;
    steps.done("POST /sign-out");
    Ok(())
}

/// The link in the mail to whoever signed up.
async fn letter(dashboard: &str) -> anyhow::Result<String> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        if let Some(link) = browsing::link(dashboard, EMAIL, "/verifications/").await? {
            return Ok(link);
        }
        sleep(Duration::from_millis(20)).await;
    }
    bail!("no mail within {} s", PATIENCE.as_secs())
}

async fn picture(visitor: &Visitor, place: &str) -> anyhow::Result<(String, usize)> {
    let since = Instant::now();
    while since.elapsed() < PATIENCE {
        for address in visitor.page(place).await?.pictures() {
            if let Some(found) = visitor.picture(&address).await? {
                return Ok(found);
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
    bail!("not within {} s", PATIENCE.as_secs())
}

struct Steps {
    since: Instant,
}

impl Steps {
    fn done(&mut self, name: &str) {
        print_step(name, self.since.elapsed());
        self.since = Instant::now();
    }
}

fn print_step(name: &str, time: Duration) {
    println!("{name:<24} {:>7.1} ms", time.as_secs_f64() * 1000.0);
}
