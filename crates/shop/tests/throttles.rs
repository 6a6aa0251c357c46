//! Limits: what is left, when it comes back, and that nobody gets more by asking at once.

use std::time::Duration;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use shop::{
    Cause,
    sessions::{self, Browser},
    testing::{self, Database},
    throttles::{self, Limit},
};

const LIMIT: Limit = Limit { rule: "test", burst: 3, every: Duration::from_secs(20) };

/// Now, in whole seconds: Postgres keeps microseconds, the clock has nanoseconds.
fn start() -> DateTime<Utc> {
    Cause::now(None).at.trunc_subsecs(0)
}

async fn take(database: &Database, at: DateTime<Utc>, subject: &str) -> Result<(), Duration> {
    throttles::take(&database.pool, at, LIMIT, subject).await.expect("an answer")
}

fn after(start: DateTime<Utc>, seconds: i64) -> DateTime<Utc> {
    start + TimeDelta::seconds(seconds)
}

#[tokio::test]
async fn a_burst_is_allowed_and_comes_back_one_by_one() {
    let database = Database::new().await;
    let start = start();
    for _ in 0..3 {
        assert_eq!(take(&database, start, "mira").await, Ok(()));
    }
    assert_eq!(take(&database, start, "mira").await, Err(Duration::from_secs(20)));
    assert_eq!(take(&database, after(start, 19), "mira").await, Err(Duration::from_secs(1)));
    assert_eq!(take(&database, after(start, 20), "mira").await, Ok(()), "one is back");
    assert_eq!(take(&database, after(start, 20), "mira").await, Err(Duration::from_secs(20)), "and only one");
    for _ in 0..3 {
        assert_eq!(
            take(&database, after(start, 1_000), "mira").await,
            Ok(()),
            "all are back, and no more than all"
        );
    }
    assert!(take(&database, after(start, 1_000), "mira").await.is_err());
}

#[tokio::test]
async fn asking_too_early_costs_nothing() {
    let database = Database::new().await;
    let start = start();
    for _ in 0..3 {
        take(&database, start, "mira").await.expect("free");
    }
    for second in 0..20 {
        let left = u64::try_from(20 - second).expect("positive");
        assert_eq!(take(&database, after(start, second), "mira").await, Err(Duration::from_secs(left)));
    }
    assert_eq!(take(&database, after(start, 20), "mira").await, Ok(()));
}

#[tokio::test]
async fn subjects_and_rules_do_not_touch_each_other() {
    let database = Database::new().await;
    let start = start();
    for _ in 0..4 {
        take(&database, start, "mira").await.ok();
    }
    assert_eq!(take(&database, start, "noor").await, Ok(()));
    let other = Limit { rule: "other", ..LIMIT };
    assert_eq!(throttles::take(&database.pool, start, other, "mira").await.expect("an answer"), Ok(()));
    let stored: Vec<Vec<u8>> =
        sqlx::query_scalar("select subject from throttles").fetch_all(&database.pool).await.expect("rows");
    assert!(stored.iter().all(|subject| subject.len() == 32 && subject.as_slice() != b"mira"), "hashes only");
}

#[tokio::test]
async fn of_fifty_at_once_as_many_are_let_in_as_there_is_room_for() {
    let database = Database::new().await;
    let start = start();
    let tries = (0..50).map(|_| take(&database, start, "mira"));
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
}

#[tokio::test]
async fn a_clock_that_is_behind_gives_nothing_away() {
    let database = Database::new().await;
    let start = start();
    for _ in 0..3 {
        take(&database, start, "mira").await.expect("free");
    }
    assert_eq!(take(&database, after(start, -5), "mira").await, Err(Duration::from_secs(25)));
}

#[tokio::test]
async fn what_is_forgiven_is_forgotten() {
    let database = Database::new().await;
    let start = start();
    for _ in 0..3 {
        take(&database, start, "mira").await.expect("free");
        take(&database, start, "noor").await.expect("free");
    }
    throttles::forgive(&database.pool, LIMIT, "mira").await.expect("forgiven");
    assert_eq!(take(&database, start, "mira").await, Ok(()));
    assert!(take(&database, start, "noor").await.is_err(), "somebody else is not");
}

#[tokio::test]
async fn what_ran_out_is_swept_up_and_nothing_else() {
    let database = Database::new().await;
    let db = &database.pool;
    let start = start();
    take(&database, start, "long ago").await.expect("free");
    take(&database, after(start, 100), "now").await.expect("free");
    assert_eq!(throttles::prune(db, after(start, 100)).await.expect("swept"), 1);
    assert_eq!(throttles::prune(db, after(start, 100)).await.expect("swept"), 0);
    let left: i64 =
        sqlx::query_scalar("select count(*) from throttles").fetch_one(db).await.expect("a count");
    assert_eq!(left, 1);

    let mira = testing::account(db, "mira@example.org", "x").await;
    let browser = Browser { user_agent: "", address: "" };
    for (number, begun, seen) in [(1, 70, 1), (2, 20, 15), (3, 20, 1), (4, 0, 0)] {
        let cause = Cause { at: start - TimeDelta::days(begun), request_id: None };
        sessions::begin(db, &cause, mira, &[number; 32], browser, None).await.expect("begun").expect("open");
        sqlx::query("update sessions set last_seen_at = $2 where id_hash = $1")
            .bind([number; 32].as_slice())
            .bind(start - TimeDelta::days(seen))
            .execute(db)
            .await
            .expect("seen");
    }
    assert_eq!(sessions::prune(db, start).await.expect("swept"), 2, "one too old, one idle for too long");
    for (number, is_there) in [(1, false), (2, false), (3, true), (4, true)] {
        assert_eq!(
            sessions::visitor(db, &[number; 32], start).await.expect("read").is_some(),
            is_there,
            "{number}"
        );
    }

    for (number, days) in [(1_u8, -1), (2, 1)] {
        sqlx::query("insert into account_tokens (id_hash, account_id, purpose, email, created_at, expires_at) values ($1, $2, 'verify_email', 'x', $3, $3)")
            .bind([number; 32].as_slice())
            .bind(mira.0)
            .bind(start + TimeDelta::days(days))
            .execute(db)
            .await
            .expect("a link");
    }
    assert_eq!(shop::tokens::prune(db, start).await.expect("swept"), 1);
}

#[tokio::test]
async fn a_spelling_that_finds_the_same_account_is_the_same_subject() {
    let database = Database::new().await;
    let db = &database.pool;
    let (start, once) = (start(), Limit { rule: "spelling", burst: 1, every: Duration::from_mins(1) });
    for spelling in ["MIRA@example.org", "m\u{130}ra@example.org"] {
        let same: bool = sqlx::query_scalar("select lower($1) = 'mira@example.org'")
            .bind(spelling)
            .fetch_one(db)
            .await
            .expect("folded");
        throttles::forgive(db, once, "mira@example.org").await.expect("forgiven");
        throttles::take(db, start, once, "mira@example.org").await.expect("read").expect("free");
        let taken = throttles::take(db, start, once, spelling).await.expect("read");
        assert_eq!(taken.is_err(), same, "{spelling}");
    }
}
