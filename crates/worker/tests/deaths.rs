//! Workers that die, workers that stop, and workers that share a lane.

mod support;

use std::time::Duration;

use shop::{
    generations::{self, GenerationState},
    jobs::{Job, Lane},
};
use support::{PAID, Shop, UNPAID, quick, until};
use worker::runner::{Settings, lanes::LaneSettings};

#[tokio::test]
async fn a_dead_workers_job_runs_again_and_the_attempt_is_counted() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let job = Job::GenerateImages { generation_id: id };
    let doomed = shop.doomed(shop.script(UNPAID, |_, _| std::future::pending()), quick());
    until("the first start", || shop.begun(job) == 1).await;
    doomed.kill();
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    shop.settle(&[("Done", 1)]).await;
    assert_eq!(shop.attempts(id).await, [(1, "worker_died".to_owned()), (2, "done".to_owned())]);
    working.stop().await;
}

#[tokio::test]
async fn a_job_that_kills_its_workers_is_dead_at_exactly_its_limit() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let job = Job::GenerateImages { generation_id: id };
    let limit = job.max_attempts();
    for start in 1..=limit {
        let doomed = shop.doomed(shop.script(UNPAID, |_, _| std::future::pending()), quick());
        until("a start", || shop.begun(job) == start).await;
        doomed.kill();
    }
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    shop.settle(&[("Killed", 1)]).await;
    assert_eq!(shop.begun(job), limit, "it was not tried once more");
    assert_eq!(
        shop.attempts(id).await,
        (1..=limit).map(|n| (n, "worker_died".to_owned())).collect::<Vec<_>>()
    );
    let generation =
        generations::find(&shop.database.pool, shop.owner, id).await.expect("read").expect("there");
    assert_eq!(generation.state, GenerationState::Failed);
    working.stop().await;
}

#[tokio::test]
async fn a_live_workers_slow_job_stays_its_own() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    // Three times as long as the silence after which a worker is taken for dead.
    let slow = shop.script(UNPAID, |_, _| async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(())
    });
    let one = shop.work(slow.clone(), quick()).await;
    let other = shop.work(slow, quick()).await;
    shop.settle(&[("Done", 1)]).await;
    assert_eq!(shop.attempts(id).await, [(1, "done".to_owned())]);
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_stop_lets_a_paid_call_end_while_its_heart_beats() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let job = Job::GenerateImages { generation_id: id };
    // Longer than both the grace and the silence.
    let slow = shop.script(PAID, |_, _| async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        Ok(())
    });
    let stopping = shop.work(slow.clone(), quick()).await;
    until("the start", || shop.begun(job) == 1).await;
    stopping.begin_stop();
    let other = shop.work(slow, quick()).await;
    stopping.ended().await;
    assert_eq!(shop.attempts(id).await, [(1, "done".to_owned())]);
    other.stop().await;
}

#[tokio::test]
async fn a_stop_hands_back_what_is_not_paid_for_and_no_attempt_is_lost() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let job = Job::GenerateImages { generation_id: id };
    let stopping = shop.work(shop.script(UNPAID, |_, _| std::future::pending()), quick()).await;
    until("the start", || shop.begun(job) == 1).await;
    stopping.stop().await;
    let other = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    shop.settle(&[("Done", 1)]).await;
    assert_eq!(shop.attempts(id).await, [(1, "handed_back".to_owned()), (1, "done".to_owned())]);
    other.stop().await;
}

#[tokio::test]
async fn a_stop_takes_nothing_new() {
    let shop = Shop::open().await;
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    working.stop().await;
    shop.request().await;
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(shop.jobs().await, [("Pending".to_owned(), 1)]);
    let left: i64 = sqlx::query_scalar("select count(*) from apalis.workers")
        .fetch_one(&shop.database.pool)
        .await
        .expect("read");
    assert_eq!(left, 0, "a worker that ended in order is off the list");
}

#[tokio::test]
async fn no_wakeup_is_lost_when_many_push_at_once() {
    let shop = Shop::open().await;
    // Without the poll, only wake-ups start jobs.
    let deaf = Settings {
        poll: Duration::from_hours(1),
        lanes: vec![LaneSettings::new(Lane::Generation, 8)],
        ..quick()
    };
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), deaf).await;
    let pushers = (0..8).map(|_| async {
        for _ in 0..50 {
            shop.request().await;
        }
    });
    futures::future::join_all(pushers).await;
    shop.settle(&[("Done", 400)]).await;
    assert_eq!(shop.begun_in_all(), 400);
    working.stop().await;
}

#[tokio::test]
async fn two_workers_share_a_lane_and_run_each_job_once() {
    let shop = Shop::open().await;
    for _ in 0..200 {
        shop.request().await;
    }
    let script = shop.script(UNPAID, |_, _| async {
        tokio::time::sleep(Duration::from_millis(2)).await;
        Ok(())
    });
    let one = shop.work(script.clone(), quick()).await;
    let other = shop.work(script, quick()).await;
    shop.settle(&[("Done", 200)]).await;
    assert_eq!(shop.begun_in_all(), 200);
    assert!(shop.begun.lock().expect("count").values().all(|times| *times == 1));
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn a_worker_sweeps_up_what_ran_out() {
    let shop = Shop::open().await;
    let db = &shop.database.pool;
    let stale = [
        "insert into throttles (rule, subject, free_at) values ('old', '\\x00', now() - interval '1 second'), ('new', '\\x00', now() + interval '1 hour')",
        "insert into sessions (id_hash, account_id, created_at, last_seen_at, confirmed_at)
         select sha256(days::text::bytea), id, now() - make_interval(days => days), now(), now() from accounts, unnest(array[1, 61]) days",
        "insert into account_tokens (id_hash, account_id, purpose, email, created_at, expires_at)
         select sha256(hours::text::bytea), id, 'verify_email', email, now(), now() + make_interval(hours => hours) from accounts, unnest(array[-1, 1]) hours",
    ];
    for sql in stale {
        sqlx::query(sql).execute(db).await.expect("planted");
    }
    let left = "select (select count(*) from throttles) + (select count(*) from sessions) + (select count(*) from account_tokens)";
    let left = async || sqlx::query_scalar::<_, i64>(left).fetch_one(db).await.expect("a count");
    assert_eq!(left().await, 6);
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    while left().await != 3 {
        assert!(tokio::time::Instant::now() < deadline, "{} rows are left", left().await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    working.stop().await;
}
