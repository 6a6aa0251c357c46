//! Exports: one at a time, for their owner, for a while.

mod support;

use chrono::Duration;
use shop::{
    Cause,
    exports::{self, ExportState, KEPT_FOR, Removal},
    testing::Database,
};
use support::{account, cause, jobs};

fn later(by: Duration) -> Cause {
    Cause { at: cause().at + by, ..cause() }
}

#[tokio::test]
async fn one_is_made_at_a_time_and_only_its_owner_gets_it() {
    let database = Database::new().await;
    let (ada, noor) =
        (account(&database, "ada@example.org").await, account(&database, "noor@example.org").await);
    let request = async |who| exports::request(&database.pool, &cause(), who).await.expect("requested");
    let id = request(ada).await;
    assert_eq!(request(ada).await, id, "a double click is one");
    assert_ne!(request(noor).await, id);
    assert_eq!(jobs(&database, "export_account").await.len(), 2);
    let download =
        async |at: &Cause, who| exports::downloadable(&database.pool, at, who, id).await.expect("read");
    assert_eq!(download(&cause(), ada).await, None, "not yet");

    assert!(exports::made(&database.pool, &cause(), id, 42).await.expect("an answer"));
    assert!(
        exports::made(&database.pool, &cause(), id, 43).await.expect("an answer"),
        "saying it twice keeps it"
    );
    assert_eq!(download(&cause(), ada).await, Some(format!("exports/{id}.zip")));
    assert_eq!(download(&cause(), noor).await, None);
    assert_eq!(download(&later(KEPT_FOR + Duration::minutes(1)), ada).await, None, "it expired");
    assert!(
        exports::contents(&database.pool, id).await.expect("read").is_none(),
        "there is nothing left to make"
    );
    let [export] = exports::of_account(&database.pool, ada, 10).await.expect("read").try_into().expect("one");
    assert_eq!((export.state, export.byte_count), (ExportState::Ready, Some(42)));
    assert_eq!(jobs(&database, "purge_export").await.len(), 1);
    let told = "select count(*) from mails where kind = 'export_ready'";
    let told: i64 = sqlx::query_scalar(told).fetch_one(&database.pool).await.expect("a number");
    assert_eq!(told, 1);
}

#[tokio::test]
async fn a_newer_file_takes_the_place_of_an_older_one() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    let mut made = Vec::new();
    for _ in 0..2 {
        let id = exports::request(&database.pool, &cause(), ada).await.expect("requested");
        assert!(exports::made(&database.pool, &cause(), id, 42).await.expect("an answer"));
        made.push(id);
    }
    let removal =
        async |id| exports::removal(&database.pool, &later(Duration::minutes(1)), id).await.expect("read");
    assert_eq!(removal(made[0]).await, Removal::Due);
    assert!(matches!(removal(made[1]).await, Removal::NotBefore(_)));
    exports::removed(&database.pool, made[0]).await.expect("removed");
    assert_eq!(removal(made[0]).await, Removal::Needless);
    let states: Vec<_> = exports::of_account(&database.pool, ada, 10)
        .await
        .expect("read")
        .into_iter()
        .map(|each| each.state)
        .collect();
    assert_eq!(states, [ExportState::Ready, ExportState::Expired]);
}

#[tokio::test]
async fn the_file_tells_everything_about_its_owner_and_nothing_about_others() {
    let database = Database::new().await;
    let (ada, noor) =
        (account(&database, "ada@example.org").await, account(&database, "noor@example.org").await);
    support::ready(&database, ada).await;
    support::ready(&database, noor).await;
    for id in [ada, noor] {
        let address = "insert into addresses (id, account_id, name, line1, country, created_at) values (gen_random_uuid(), $1, $1::text, 'Quay 1', 'DE', now())";
        sqlx::query(address).bind(id).execute(&database.pool).await.expect("an address");
    }
    let id = exports::request(&database.pool, &cause(), ada).await.expect("requested");
    let contents = exports::contents(&database.pool, id).await.expect("read").expect("to make");
    assert_eq!(contents.profile.email, "ada@example.org");
    let counts =
        [contents.addresses.len(), contents.generations.len(), contents.images.len(), contents.exports.len()];
    assert_eq!(counts, [1, 1, 2, 1]);
    let told = serde_json::to_string(&contents).expect("json");
    assert!(!told.contains("noor") && !told.contains(&noor.to_string()), "{told}");
}
