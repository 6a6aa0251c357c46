//! How jobs end: done, retried, put off, given up; always at exactly the attempt that was promised, always visibly.

mod support;

use std::time::Duration;

use shop::{
    generations::{self, GenerationState},
    jobs::Job,
};
use support::{Shop, UNPAID, quick};
use worker::runner::{JobError, Policy};

#[tokio::test]
async fn a_job_that_succeeds_is_done_after_one_attempt() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    shop.settle(&[("Done", 1)]).await;
    assert_eq!(shop.attempts(id).await, [(1, "done".to_owned())]);
    working.stop().await;
}

#[tokio::test]
async fn a_failure_is_tried_again_after_a_pause_that_grows() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let script = shop.script(UNPAID, |_, context| async move {
        if context.attempt < 4 { Err(JobError::Retry("not yet".to_owned())) } else { Ok(()) }
    });
    let working = shop.work(script, quick()).await;
    shop.settle(&[("Done", 1)]).await;
    let outcomes: Vec<_> = shop.attempts(id).await;
    let retry = |number| (number, "retry".to_owned());
    assert_eq!(outcomes, [retry(1), retry(2), retry(3), (4, "done".to_owned())]);
    let pauses: Vec<f64> = sqlx::query_scalar(
        "select extract(epoch from started_at - lag(ended_at) over (order by id))::float8 from job_attempts offset 1",
    )
    .fetch_all(&shop.database.pool)
    .await
    .expect("pauses");
    // 50, 100 and 200 ms less a fifth of jitter; how much later depends on the machine.
    for (pause, least) in pauses.iter().zip([0.04, 0.08, 0.16]) {
        assert!(*pause >= least, "{pauses:?}");
    }
    working.stop().await;
}

#[tokio::test]
async fn a_job_that_always_panics_is_dead_at_exactly_its_limit_and_the_customer_reads_why() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let limit = Job::GenerateImages { generation_id: id }.max_attempts();
    let script = shop.script(UNPAID, |_, _| async { panic!("boom") });
    let working = shop.work(script, quick()).await;
    shop.settle(&[("Killed", 1)]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(shop.attempts(id).await, (1..=limit).map(|n| (n, "panicked".to_owned())).collect::<Vec<_>>());
    assert_eq!(shop.begun_in_all(), limit);
    let generation =
        generations::find(&shop.database.pool, shop.owner, id).await.expect("read").expect("there");
    assert_eq!(generation.state, GenerationState::Failed);
    assert!(generation.problem.expect("told").contains("Nothing was charged"));
    working.stop().await;
}

#[tokio::test]
async fn a_job_that_never_ends_is_cut_off_at_its_deadline() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let hasty = Policy { deadline: Duration::from_millis(100), paid: true };
    let script = shop.script(hasty, |_, context| async move {
        if context.attempt == 1 {
            std::future::pending::<()>().await;
        }
        Ok(())
    });
    let working = shop.work(script, quick()).await;
    shop.settle(&[("Done", 1)]).await;
    assert_eq!(shop.attempts(id).await, [(1, "timed_out".to_owned()), (2, "done".to_owned())]);
    working.stop().await;
}

#[tokio::test]
async fn putting_off_uses_up_no_attempt() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let begun = shop.begun.clone();
    let script = shop.script(UNPAID, move |job, _| {
        let times = begun.lock().expect("count")[&job];
        async move {
            if times <= 10 {
                return Err(JobError::PutOff { reason: "busy".to_owned(), after: Duration::from_millis(20) });
            }
            Ok(())
        }
    });
    let working = shop.work(script, quick()).await;
    shop.settle(&[("Done", 1)]).await;
    let attempts = shop.attempts(id).await;
    assert_eq!(attempts.len(), 11, "more than the job has attempts");
    assert!(attempts.iter().all(|(number, _)| *number == 1), "{attempts:?}");
    working.stop().await;
}

#[tokio::test]
async fn giving_up_is_final() {
    let shop = Shop::open().await;
    let id = shop.request().await;
    let script = shop.script(UNPAID, |_, _| async { Err(JobError::GiveUp("hopeless".to_owned())) });
    let working = shop.work(script, quick()).await;
    shop.settle(&[("Killed", 1)]).await;
    assert_eq!(shop.attempts(id).await, [(1, "gave_up".to_owned())]);
    working.stop().await;
}

#[tokio::test]
async fn a_job_that_nobody_can_read_dies_alone() {
    let shop = Shop::open().await;
    shop.request().await;
    sqlx::query("update apalis.jobs set job = '{\"job\":\"paint_the_moon\"}'")
        .execute(&shop.database.pool)
        .await
        .expect("spoiled");
    let good = shop.request().await;
    let working = shop.work(shop.script(UNPAID, |_, _| async { Ok(()) }), quick()).await;
    shop.settle(&[("Done", 1), ("Killed", 1)]).await;
    assert_eq!(shop.attempts(good).await, [(1, "done".to_owned())]);
    working.stop().await;
}

#[tokio::test]
async fn jobs_wait_while_the_database_is_away_and_none_is_run_twice_for_it() {
    let shop = Shop::open().await;
    for _ in 0..20 {
        shop.request().await;
    }
    let script = shop.script(UNPAID, |_, _| async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Ok(())
    });
    let working = shop.work(script, quick()).await;
    for _ in 0..10 {
        let storm = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        sqlx::query(storm).execute(&shop.database.pool).await.ok();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shop.settle(&[("Done", 20)]).await;
    assert_eq!(shop.begun_in_all(), 20);
    working.stop().await;
}
