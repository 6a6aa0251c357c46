//! Upkeep: enqueued once whatever the number of workers, and not on top of itself.

mod support;

use chrono::Duration;
use shop::{
    Cause,
    schedules::{self, RunOutcome, Schedule, Upkeep},
    testing::Database,
};
use support::{cause, jobs};

async fn opened() -> (Database, Cause) {
    let database = Database::new().await;
    let opened = cause();
    schedules::introduce(&database.pool, &opened).await.expect("introduced");
    (database, opened)
}

fn later(opened: &Cause, after: Duration) -> Cause {
    Cause { at: opened.at + after, request_id: None }
}

async fn schedule(database: &Database, upkeep: Upkeep) -> Schedule {
    let all = schedules::all(&database.pool).await.expect("read");
    all.into_iter().find(|schedule| schedule.name == upkeep).expect("known")
}

#[tokio::test]
async fn what_is_due_is_enqueued_once_by_whoever_comes_first() {
    let (database, opened) = opened().await;
    assert!(
        schedules::tick(&database.pool, &opened).await.expect("ticked").is_empty(),
        "nothing is due at once"
    );
    let due = later(&opened, Duration::seconds(61));
    let ticks = (0..8).map(|_| schedules::tick(&database.pool, &due));
    let enqueued: Vec<Upkeep> = futures::future::join_all(ticks)
        .await
        .into_iter()
        .flat_map(|ticked| ticked.expect("ticked"))
        .collect();
    assert_eq!(enqueued, [Upkeep::ExpireGenerations]);
    assert_eq!(jobs(&database, "expire_generations").await.len(), 1);
    let next = schedule(&database, Upkeep::ExpireGenerations).await.next_run_at;
    let rhythm = (next - opened.at - Duration::minutes(2)).abs();
    assert!(rhythm < Duration::milliseconds(1), "in its rhythm, not a minute after it was found: {rhythm}");
}

#[tokio::test]
async fn a_run_that_has_not_ended_is_not_joined_by_another_one() {
    let (database, opened) = opened().await;
    for minutes in 1..=4 {
        schedules::tick(&database.pool, &later(&opened, Duration::minutes(minutes))).await.expect("ticked");
    }
    assert_eq!(jobs(&database, "expire_generations").await.len(), 1);
    sqlx::query("update apalis.jobs set status = 'Done', done_at = now()")
        .execute(&database.pool)
        .await
        .expect("done");
    // Runs that were missed are not made up for.
    let enqueued = schedules::tick(&database.pool, &later(&opened, Duration::days(3))).await.expect("ticked");
    assert_eq!(enqueued.len(), 7);
    assert_eq!(jobs(&database, "expire_generations").await.len(), 2);
    let next = schedule(&database, Upkeep::ExpireGenerations).await.next_run_at;
    assert!(
        next > opened.at + Duration::days(3) && next <= opened.at + Duration::days(3) + Duration::minutes(1)
    );
}

#[tokio::test]
async fn a_start_changes_the_rhythm_and_not_the_time() {
    let (database, opened) = opened().await;
    let before = schedule(&database, Upkeep::Reconcile).await;
    assert_eq!(before.next_run_at.format("%H:%M").to_string(), "03:00");
    assert!(before.next_run_at > opened.at);
    sqlx::query("update schedules set every_seconds = 7").execute(&database.pool).await.expect("changed");
    schedules::introduce(&database.pool, &later(&opened, Duration::hours(5))).await.expect("introduced");
    let after = schedule(&database, Upkeep::Reconcile).await;
    assert_eq!((after.next_run_at, after.every_seconds), (before.next_run_at, before.every_seconds));
}

#[tokio::test]
async fn staff_see_how_the_last_run_ended() {
    let (database, opened) = opened().await;
    assert_eq!(schedule(&database, Upkeep::Prune).await.last_outcome, None);
    schedules::ran(&database.pool, &opened, Upkeep::Prune, "12 finished jobs removed").await.expect("noted");
    let seen = schedule(&database, Upkeep::Prune).await;
    assert_eq!(seen.last_outcome, Some(RunOutcome::Done));
    assert_eq!((seen.last_note.as_str(), seen.last_run_at.is_some()), ("12 finished jobs removed", true));
}
