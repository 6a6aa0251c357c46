//! Finished jobs go after a while, with their attempts; everything else stays.

mod support;

use shop::{jobs::Lane, queue, testing::Database};
use support::{account, cause, requested};

#[tokio::test]
async fn old_jobs_go_in_batches_and_young_or_waiting_ones_stay() {
    let database = Database::new().await;
    let (db, owner) = (&database.pool, account(&database, "a@example.org").await);
    for _ in 0..6 {
        requested(&database, owner, "a fox").await;
    }
    queue::beat(db, &[("painter".to_owned(), Lane::Generation)]).await.expect("known");
    queue::fetch(db, "painter", Lane::Generation, 6).await.expect("handed out");
    for (number, status, days) in [(0, "Done", 8), (1, "Done", 6), (2, "Killed", 91), (3, "Killed", 89)] {
        sqlx::query(
            "update apalis.jobs set status = $1, done_at = now() - make_interval(days => $2)
             where id = (select id from apalis.jobs order by id offset $3 limit 1)",
        )
        .bind(status)
        .bind(days)
        .bind(number)
        .execute(db)
        .await
        .expect("changed");
    }
    let pruned = queue::prune(db, cause().at).await.expect("pruned");
    assert_eq!((pruned.jobs, pruned.is_all), (2, true));
    let left: (i64, i64) =
        sqlx::query_as("select (select count(*) from apalis.jobs), (select count(*) from job_attempts)")
            .fetch_one(db)
            .await
            .expect("read");
    assert_eq!(left, (4, 4));

    sqlx::query(
        "insert into apalis.jobs (id, job_type, job, status, done_at)
         select lpad(n::text, 26, '0'), 'uploads', '{}', 'Done', now() - interval '30 days' from generate_series(1, 1001) n",
    )
    .execute(db)
    .await
    .expect("many");
    let first = queue::prune(db, cause().at).await.expect("pruned");
    assert_eq!((first.jobs, first.is_all), (1_000, false));
    let rest = queue::prune(db, cause().at).await.expect("pruned");
    assert_eq!((rest.jobs, rest.is_all), (1, true));
}
