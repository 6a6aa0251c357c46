//! What the worker does by itself, with the real provider's list and a real store.

mod painter;
mod support;

use std::time::Duration;

use chrono::TimeDelta;
use painter::Painter;
use serde_json::json;
use shop::{
    Cause,
    generations::{GenerationState, Limits},
    reconciliation::{self, FindingKind},
    schedules::{self, RunOutcome, Schedule, Upkeep},
    testing::LIMITS,
};
use tokio::time::Instant;

/// Has one kind of upkeep done now, and says how it ended.
async fn run(painter: &Painter, upkeep: Upkeep) -> Schedule {
    let (db, before) = (painter.db(), Cause::now(None).at);
    schedules::introduce(db, &Cause::now(None)).await.expect("introduced");
    let due = "update schedules set next_run_at = now() - interval '1 second' where name = $1";
    sqlx::query(due).bind(upkeep).execute(db).await.expect("due");
    let working = painter.work().await;
    let deadline = Instant::now() + Duration::from_secs(30);
    let ended = loop {
        let all = schedules::all(db).await.expect("read");
        let schedule = all.into_iter().find(|schedule| schedule.name == upkeep).expect("known");
        if schedule.last_run_at.is_some_and(|at| at > before) {
            break schedule;
        }
        assert!(Instant::now() < deadline, "{upkeep} was not run");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    painter.rest(1.0).await;
    working.stop().await;
    ended
}

#[tokio::test]
async fn what_is_overdue_is_ended_by_the_clock() {
    let painter = Painter::open(&[]).await;
    painter.give_credits().await;
    let limits = Limits { promise: TimeDelta::milliseconds(-1), ..LIMITS };
    let wish = shop::testing::wish("a fox");
    let id = shop::generations::request(painter.db(), &Cause::now(None), painter.shop.owner, &wish, limits)
        .await
        .expect("requested")
        .expect("accepted");
    // Its own job does not come first.
    painter.sql("update apalis.jobs set run_at = now() + interval '1 hour'").await;
    let ended = run(&painter, Upkeep::ExpireGenerations).await;
    assert_eq!((ended.last_outcome, ended.last_note.as_str()), (Some(RunOutcome::Done), "1 ended"));
    let generation = painter.generation(id).await;
    assert_eq!(generation.state, GenerationState::Failed);
    assert_eq!(painter.balance().await.held, 0);
}

#[tokio::test]
async fn the_end_of_a_model_is_told_and_a_model_that_is_not_there_too() {
    let painter =
        Painter::open(&["--openai-moderation=on", "--openai-moderation-model=moderation-of-tomorrow"]).await;
    let manager = shop::testing::account(painter.db(), "manager@example.org", "x").await;
    shop::testing::give_role(painter.db(), manager, "manager").await;
    let soon = (Cause::now(None).at + TimeDelta::days(5)).date_naive().to_string();
    painter.poke("openai/models", json!({"id": "gpt-image-2.6-flare", "shutdown_date": soon})).await;
    let ended = run(&painter, Upkeep::CheckModels).await;
    assert_eq!(ended.last_outcome, Some(RunOutcome::Done));
    assert!(
        ended.last_note.contains("gpt-image-2.6-flare") && ended.last_note.contains("moderation-of-tomorrow")
    );
    let told = "select count(*) from mails where kind = 'model_retires'";
    assert_eq!(painter.count(told).await, 2);
    run(&painter, Upkeep::CheckModels).await;
    assert_eq!(painter.count(told).await, 2, "once each");
}

#[tokio::test]
async fn stored_pictures_are_compared_with_the_store_page_by_page() {
    let painter = Painter::open(&[]).await;
    painter.give_credits().await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(painter.ask(&shop::testing::wish(&format!("a fox, number {number}"))).await);
    }
    let working = painter.work().await;
    painter.rest(1.0).await;
    working.stop().await;
    let cards = shop::images::of_generations(painter.db(), &ids).await.expect("read");
    assert!(cards.iter().all(|card| !card.thumbnail_widths.is_empty()), "{cards:?}");
    // As if all of it had been there since last week.
    painter.sql("update images set created_at = created_at - interval '7 days'").await;
    let clean = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(clean.last_note, "0 differences, 0 still open, 0 orphans removed");

    let storage = &painter.services.storage;
    storage.delete(&shop::images::original_key(cards[0].id, cards[0].format)).await.expect("deleted");
    storage
        .delete(&shop::images::thumbnail_key(
            cards[1].id,
            cards[1].thumbnail_widths[0],
            shop::images::Format::Webp,
        ))
        .await
        .expect("deleted");
    let found = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(found.last_note, "2 differences, 1 still open, 0 orphans removed");
    let kinds: Vec<FindingKind> = reconciliation::findings(painter.db(), 10)
        .await
        .expect("read")
        .into_iter()
        .map(|finding| finding.kind)
        .collect();
    assert_eq!(kinds, [FindingKind::LostObject, FindingKind::LostThumbnails]);
    let again = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(
        again.last_note, "1 differences, 1 still open, 0 orphans removed",
        "the small ones were made again"
    );
}

#[tokio::test]
async fn an_orphan_is_removed_when_it_was_seen_for_a_week() {
    let painter = Painter::open(&[]).await;
    let key = "images/00000000-0000-7000-8000-000000000000/original.png";
    painter.services.storage.put(key, vec![1, 2, 3], "image/png").await.expect("stored");
    // More than a page of them.
    for number in 0..1_001 {
        let key = format!("images/00000000-0000-7000-8000-00000000{number:04}/320.webp");
        painter.services.storage.put(&key, vec![1], "image/webp").await.expect("stored");
    }
    let young = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(young.last_note, "0 differences, 0 still open, 0 orphans removed", "it may be on its way");
    painter.make_objects_older().await;
    let found = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(found.last_note, "1002 differences, 1002 still open, 0 orphans removed");
    painter.sql("update reconciliation_findings set found_at = found_at - interval '8 days' where subject like '%original.png'").await;
    let removed = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(removed.last_note, "1002 differences, 1002 still open, 1 orphans removed");
    // As many as that are rather those of another shop.
    painter.sql("update reconciliation_findings set found_at = found_at - interval '8 days'").await;
    let kept = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(
        kept.last_note,
        "1001 differences, 1001 still open, 1001 orphans not removed: too many to be right"
    );
}

#[tokio::test]
async fn what_customers_brought_and_took_along_leaves_nothing_behind() {
    let painter = Painter::open(&[]).await;
    for key in [
        "sources/00000000-0000-7000-8000-000000000000.jpg",
        "exports/00000000-0000-7000-8000-000000000000.zip",
    ] {
        painter.services.storage.put(key, vec![1], "image/jpeg").await.expect("stored");
    }
    painter.make_objects_older().await;
    run(&painter, Upkeep::Reconcile).await;
    painter.sql("update reconciliation_findings set found_at = found_at - interval '8 days'").await;
    let removed = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(removed.last_note, "2 differences, 2 still open, 2 orphans removed");
    let gone = run(&painter, Upkeep::Reconcile).await;
    assert_eq!(gone.last_note, "0 differences, 0 still open, 0 orphans removed");
}

#[tokio::test]
async fn finished_jobs_go_after_a_week() {
    let painter = Painter::open(&[]).await;
    painter.give_credits().await;
    painter.ask(&shop::testing::wish("a fox")).await;
    let working = painter.work().await;
    painter.rest(1.0).await;
    working.stop().await;
    painter.sql("update apalis.jobs set done_at = done_at - interval '8 days'").await;
    let pruned = run(&painter, Upkeep::Prune).await;
    assert_eq!(pruned.last_note, "3 finished jobs removed");
}
