//! Every way in which the provider can fail, over the wire: what the customer sees, what is charged, how often the provider is
//! asked, and how many tries it takes. The rows are those of `docs/provider-failures.md`, by name.

mod painter;
#[path = "taxonomy/rows.rs"]
mod rows;
mod support;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use futures::{StreamExt, stream};
use painter::{CREDITS, ESTIMATE, Painter};
use rows::{Row, Seen, rows};
use shop::{Cause, generations::GenerationState, generations::Wish};

/// Pauses shorter than this are waited out.
const SHORT: f64 = 3.0;

#[tokio::test]
async fn each_row_ends_as_the_table_says() {
    let tried = rows().into_iter().map(|row| async move {
        let name = row.name;
        // Each in a runtime of its own: dropping its database blocks the thread, which would hold up the others.
        let trying = tokio::task::spawn_blocking(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(try_row(row));
        });
        (name, trying.await.is_ok())
    });
    let tried: Vec<(&str, bool)> = stream::iter(tried).buffer_unordered(10).collect().await;
    let wrong: Vec<&str> = tried.iter().filter(|(_, is_right)| !is_right).map(|(name, _)| *name).collect();
    assert!(wrong.is_empty(), "of {} rows these went wrong: {wrong:#?}", tried.len());
}

#[test]
fn the_table_names_the_same_rows() {
    let table = include_str!("../../../docs/provider-failures.md");
    let named: BTreeSet<&str> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .filter(|name| !name.starts_with("What") && !name.starts_with('-'))
        .map(str::trim)
        .collect();
    let tried: BTreeSet<&str> = rows().iter().map(|row| row.name).collect();
    assert_eq!(named, tried);
}

async fn try_row(row: Row) {
    let name = row.name;
    let painter = Painter::open(&row.arguments).await;
    let manager = shop::testing::account(painter.db(), "manager@example.org", "x").await;
    shop::testing::give_role(painter.db(), manager, "manager").await;
    painter.give_credits().await;
    for answer in &row.answers {
        painter.order(answer).await;
    }
    let id = painter.ask(&Wish { count: row.count, ..shop::testing::wish("a fox in the snow") }).await;
    let working = painter.work().await;
    painter.rest(if row.waits.is_some() { 0.6 } else { SHORT }).await;

    if let Some((least, most)) = row.waits {
        let before = painter.generation(id).await.state;
        assert_eq!(before, GenerationState::Queued, "{name}: it waits");
        let (_, attempts, due) = painter.job(id).await;
        assert_eq!(attempts, row.attempts_before_the_wait, "{name}: tries used so far");
        let wait = due.max(painter.provider().await.free_at) - Cause::now(None).at;
        let range = TimeDelta::milliseconds(least)..=TimeDelta::milliseconds(most);
        assert!(range.contains(&wait), "{name}: it waits for {wait}");
        painter.sql("update providers set free_at = now(); update apalis.jobs set run_at = now() where status in ('Pending', 'Failed')").await;
        painter.rest(SHORT).await;
    }

    let generation = painter.generation(id).await;
    let errors = painter.errors(id).await;
    let provider = painter.provider().await;
    let (status, attempts, _) = painter.job(id).await;
    let staff = format!("{name}: staff read {errors:?}, {:?}", provider.pause_detail);
    match row.seen {
        Seen::Ready => {
            assert_eq!((generation.state, generation.problem), (GenerationState::Ready, None), "{staff}");
            assert_eq!(status, "Done", "{staff}");
        }
        Seen::Refused(sentence) | Seen::Failed(sentence) => {
            let state = if matches!(row.seen, Seen::Refused(_)) {
                GenerationState::Refused
            } else {
                GenerationState::Failed
            };
            assert_eq!(generation.state, state, "{staff}");
            let problem = generation.problem.unwrap_or_default();
            assert!(
                problem.contains(sentence) && problem.contains("Nothing was charged"),
                "{staff}: {problem}"
            );
        }
        Seen::Paused(pause, detail) => {
            assert_eq!((generation.state, status.as_str()), (GenerationState::Queued, "Pending"), "{staff}");
            assert_eq!(
                (provider.pause, provider.pause_detail.as_deref()),
                (Some(pause), Some(detail)),
                "{staff}"
            );
            let soon =
                provider.next_probe_at.is_some_and(|at| at < Cause::now(None).at + TimeDelta::minutes(2));
            assert_eq!(
                soon,
                pause == shop::providers::Pause::Billing,
                "{name}: money may come back by itself, a wrong setting is looked at once an hour"
            );
            let alerts = painter.count("select count(*) from mails where kind = 'provider_paused'").await;
            assert_eq!(alerts, 1, "{name}: one alert for one member of staff");
        }
    }
    assert_eq!(provider.pause.is_some(), matches!(row.seen, Seen::Paused(..)), "{staff}");
    let invoice = painter.invoice().await;
    assert_eq!(invoice.calls, row.calls, "{name}: how often the provider was asked; {staff}");
    assert_eq!(attempts, row.attempts, "{name}: tries used; {staff}");
    let balance = painter.balance().await;
    let held = if matches!(row.seen, Seen::Paused(..)) { i64::from(row.count) } else { 0 };
    assert_eq!((balance.available, balance.held), (CREDITS - row.charged - held, held), "{name}: credits");
    let spent = painter.spent().await;
    assert_eq!(
        spent,
        invoice.microdollars + row.counted_as_lost * ESTIMATE + row.ordered_cost,
        "{name}: spending; {staff}"
    );
    let strikes = painter.count("select count(*) from strikes").await;
    assert_eq!(strikes, i64::from(row.strike), "{name}: strikes");
    let rejections = painter.count("select count(*) from mails where kind = 'request_rejected'").await;
    assert_eq!(rejections, i64::from(row.rejection), "{name}: staff are told that it is our mistake");
    for word in row.staff_read {
        assert!(errors.iter().any(|error| error.contains(word)), "{name}: {word} in {errors:?}");
    }
    let open = painter.count("select count(*) from provider_calls where state = 'open'").await;
    assert_eq!(open, 0, "{name}: no call is left open");
    working.stop().await;
}
