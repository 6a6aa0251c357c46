//! What is of no more use goes after a while: finished jobs with their attempts, and the words of what payment providers told us.
//! Everything else stays.

mod support;

use chrono::Duration;
use shop::{
    accounts,
    jobs::Lane,
    payments::{self, Opened, STRIPE, Told},
    queue,
    testing::{self, Database, Ordered},
};
use sqlx::PgPool;
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

/// An order whose page is open.
async fn opened(db: &PgPool) -> Ordered {
    let order = testing::order_to_pay(db, None).await;
    let page = Opened {
        reference: format!("cs_{}", order.session_id),
        url: "https://pay.example/1".to_owned(),
        expires_at: cause().at + Duration::hours(1),
    };
    payments::opened(db, &cause(), order.session_id, &page).await.expect("opened");
    order
}

#[tokio::test]
async fn the_words_of_events_go_after_a_while_and_with_their_account() {
    let database = Database::new().await;
    let db = &database.pool;
    let ada = account(&database, "ada@example.org").await;
    let (hers, noors) = (opened(db).await, opened(db).await);
    sqlx::query("update orders set account_id = $2 where id = $1")
        .bind(hers.id)
        .bind(ada)
        .execute(db)
        .await
        .expect("hers");
    let tell = async |reference: &str, object_ref: &str, age: &str| {
        let told = Told {
            provider: STRIPE,
            reference,
            kind: "charge.updated",
            object_ref,
            payment_ref: None,
            session_id: None,
            occurred_at: cause().at,
            raw: b"{\"email\": \"ada@example.org\"}",
            was_fetched: false,
        };
        assert!(payments::receive(db, &cause(), &told).await.expect("kept"));
        sqlx::query("update payment_events set received_at = now() - $2::interval where provider_ref = $1")
            .bind(reference)
            .bind(age)
            .execute(db)
            .await
            .expect("aged");
    };
    tell("evt_new", "ch_1", "1 day").await;
    tell("evt_old", "ch_2", "31 days").await;
    tell("evt_open", "ch_3", "179 days").await;
    tell("evt_lost", "ch_4", "181 days").await;
    tell("evt_ada", &format!("cs_{}", hers.session_id), "1 day").await;
    tell("evt_noor", &format!("cs_{}", noors.session_id), "1 day").await;
    let handled = "update payment_events set handled_at = received_at, outcome = 'applied' where provider_ref in ('evt_new', 'evt_old')";
    sqlx::query(handled).execute(db).await.expect("handled");
    let with_words = async || -> Vec<String> {
        sqlx::query_scalar("select provider_ref from payment_events where raw <> '' order by 1")
            .fetch_all(db)
            .await
            .expect("read")
    };
    assert!(payments::prune(db, cause().at).await.expect("pruned"), "that were all");
    assert_eq!(with_words().await, ["evt_ada", "evt_new", "evt_noor", "evt_open"]);
    let leaving = "update accounts set erase_at = now() - interval '1 minute' where id = $1";
    sqlx::query(leaving).bind(ada).execute(db).await.expect("due");
    accounts::erase(db, &cause(), ada).await.expect("erased");
    assert_eq!(with_words().await, ["evt_new", "evt_noor", "evt_open"]);
    let events: i64 =
        sqlx::query_scalar("select count(*) from payment_events").fetch_one(db).await.expect("counted");
    assert_eq!(events, 6, "that there was one stays");

    let many = "insert into payment_events (id, provider, provider_ref, kind, object_ref, raw, occurred_at, handled_at)
                select gen_random_uuid(), 'stripe', 'evt_' || n, 'charge.updated', '', 'x', now(), now() - interval '31 days'
                from generate_series(1, 1000) n";
    sqlx::query(many).execute(db).await.expect("many");
    assert!(!payments::prune(db, cause().at).await.expect("pruned"), "there may be more");
    assert!(payments::prune(db, cause().at).await.expect("pruned"));
    assert_eq!(with_words().await, ["evt_new", "evt_noor", "evt_open"]);
}
