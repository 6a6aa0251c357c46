//! Pictures that customers bring along: taken in once, used by their owner alone, and gone when nobody uses them.

mod support;

use chrono::Duration;
use shop::{
    Cause,
    generations::{self, GenerationState, Refusal, Wish},
    ids::{AccountId, SourceId},
    images::{self, Format, Removal},
    sources::{self, Brought, KEPT_FOR, Original, SourceImage, SourceState},
    testing::{Database, LIMITS, claim},
};
use support::{account, begin, cause, jobs, ready, wish};

fn brought(number: u8) -> Brought {
    Brought { bytes: vec![number; 10], width: 640, height: 480, sha256: [number; 32] }
}

async fn staged(database: &Database, owner: AccountId, number: u8) -> SourceId {
    sources::stage(&database.pool, &cause(), owner, &brought(number)).await.expect("staged")
}

fn from(source: SourceImage, prompt: &str) -> Wish {
    Wish { source: Some(source), ..wish(prompt) }
}

fn later(days: i64) -> Cause {
    let now = cause();
    Cause { at: now.at + Duration::days(days), ..now }
}

#[tokio::test]
async fn the_same_picture_of_the_same_customer_is_one() {
    let database = Database::new().await;
    let (mira, noor) = (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let first = staged(&database, mira, 1).await;
    assert_eq!(staged(&database, mira, 1).await, first);
    assert_ne!(staged(&database, mira, 2).await, first);
    assert_ne!(staged(&database, noor, 1).await, first, "nobody learns what others have");
    assert_eq!(jobs(&database, "store_source").await.len(), 3);
    assert_eq!(jobs(&database, "purge_source").await.len(), 3);
}

#[tokio::test]
async fn it_goes_to_storage_and_is_drawn_from_wherever_it_is() {
    let database = Database::new().await;
    let db = &database.pool;
    let mira = account(&database, "a@example.org").await;
    let id = staged(&database, mira, 1).await;
    let wish = from(SourceImage::Brought(id), "in ink");
    let request =
        generations::request(db, &cause(), mira, &wish, LIMITS).await.expect("requested").expect("accepted");
    assert_eq!(generations::source(db, mira, request).await.expect("read"), wish.source);
    let in_postgres = Original::Bytes { bytes: vec![1; 10], format: Format::Jpeg, is_brought: true };
    assert_eq!(sources::of_generation(db, request).await.expect("read"), in_postgres);
    let on_its_way = sources::staged(db, id).await.expect("read").expect("staged");
    assert!(sources::stored(db, id).await.expect("written"));
    assert!(sources::stored(db, id).await.expect("twice is once"));
    assert!(sources::staged(db, id).await.expect("read").is_none());
    let in_storage = Original::Stored { key: on_its_way.key, format: Format::Jpeg, is_brought: true };
    assert_eq!(sources::of_generation(db, request).await.expect("read"), in_storage);
    assert_eq!(sources::staged_bytes(db, mira, id).await.expect("read"), None);
    let words_alone = support::requested(&database, mira, "from words").await;
    assert_eq!(sources::of_generation(db, words_alone).await.expect("read"), Original::None);
}

#[tokio::test]
async fn only_ones_own_pictures_are_started_from() {
    let database = Database::new().await;
    let db = &database.pool;
    let (mira, noor) = (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let id = staged(&database, mira, 1).await;
    let (_, drawn) = ready(&database, mira).await;
    images::submit(db, &cause(), mira, drawn[0], "A fox", false).await.expect("answered").expect("published");
    for source in [SourceImage::Brought(id), SourceImage::Drawn(drawn[0])] {
        let refused = generations::request(db, &cause(), noor, &from(source, "mine"), LIMITS).await;
        assert_eq!(refused.expect("answered"), Err(Refusal::SourceGone), "{source:?}");
        generations::request(db, &cause(), mira, &from(source, "mine"), LIMITS)
            .await
            .expect("requested")
            .expect("accepted");
    }
    images::delete(db, &cause(), mira, drawn[0]).await.expect("answered").expect("deleted");
    let gone = from(SourceImage::Drawn(drawn[0]), "deleted");
    let refused = generations::request(db, &cause(), mira, &gone, LIMITS).await.expect("answered");
    assert_eq!(refused, Err(Refusal::SourceGone));
    assert_eq!(sources::find(db, noor, id).await.expect("read"), None);
    assert_eq!(sources::staged_bytes(db, noor, id).await.expect("read"), None);
}

#[tokio::test]
async fn what_is_not_used_is_removed_and_may_come_again() {
    let database = Database::new().await;
    let db = &database.pool;
    let mira = account(&database, "a@example.org").await;
    let id = staged(&database, mira, 1).await;
    let early = sources::remove(db, &later(29), id).await.expect("answered");
    assert!(matches!(early, Removal::NotBefore(_)), "{early:?}");

    // A request that waits keeps it, however long it has been there.
    let wish = from(SourceImage::Brought(id), "a fox");
    let request =
        generations::request(db, &cause(), mira, &wish, LIMITS).await.expect("requested").expect("accepted");
    let waited_for = sources::remove(db, &later(31), id).await.expect("answered");
    assert!(matches!(waited_for, Removal::NotBefore(_)), "{waited_for:?}");
    generations::cancel(db, &cause(), mira, request).await.expect("answered").expect("cancelled");

    let due = sources::remove(db, &later(31), id).await.expect("answered");
    assert_eq!(due, Removal::Due(vec![sources::key(id)]));
    assert_eq!(sources::remove(db, &later(31), id).await.expect("again"), due, "a crash is made good");
    assert_eq!(sources::find(db, mira, id).await.expect("read"), None);
    assert!(!sources::stored(db, id).await.expect("too late"));
    assert_eq!(sources::of_generation(db, request).await.expect("read"), Original::Gone);

    assert_eq!(staged(&database, mira, 1).await, id, "the same one again");
    let again = sources::find(db, mira, id).await.expect("read").expect("there");
    assert_eq!(again.state, SourceState::Staged);
    assert_eq!(jobs(&database, "store_source").await.len(), 2);
    assert!(matches!(sources::remove(db, &cause(), id).await.expect("answered"), Removal::NotBefore(_)));
}

#[tokio::test]
async fn using_it_keeps_it() {
    let database = Database::new().await;
    let db = &database.pool;
    let mira = account(&database, "a@example.org").await;
    let id = staged(&database, mira, 1).await;
    sources::stage(db, &later(20), mira, &brought(1)).await.expect("staged again");
    assert!(matches!(sources::remove(db, &later(31), id).await.expect("answered"), Removal::NotBefore(_)));
    assert!(matches!(sources::remove(db, &later(51), id).await.expect("answered"), Removal::Due(_)));
    assert_eq!(KEPT_FOR, Duration::days(30));
}

#[tokio::test]
async fn a_request_whose_picture_is_gone_ends_with_a_sentence_and_costs_nothing() {
    let database = Database::new().await;
    let db = &database.pool;
    let mira = account(&database, "a@example.org").await;
    let (_, drawn) = ready(&database, mira).await;
    let before = shop::credits::balance(db, mira).await.expect("a balance");
    let wish = from(SourceImage::Drawn(drawn[0]), "once more");
    let request =
        generations::request(db, &cause(), mira, &wish, LIMITS).await.expect("requested").expect("accepted");
    sqlx::query("delete from images where id = $1").bind(drawn[0].0).execute(db).await.expect("removed");
    assert_eq!(sources::of_generation(db, request).await.expect("read"), Original::Gone);
    let held = claim(db).await;
    generations::source_gone(db, &cause(), &held, request).await.expect("ended");
    let ended = generations::find(db, mira, request).await.expect("read").expect("there");
    assert_eq!(ended.state, GenerationState::Failed);
    assert!(ended.problem.expect("told").contains("Nothing was charged"));
    assert_eq!(begin(&database, request).await, None, "nothing is drawn any more");
    assert_eq!(shop::credits::balance(db, mira).await.expect("a balance"), before);
}

#[tokio::test]
async fn everything_of_an_account_can_go_at_once() {
    let database = Database::new().await;
    let db = &database.pool;
    let (mira, noor) = (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let (first, second) = (staged(&database, mira, 1).await, staged(&database, mira, 2).await);
    let others = staged(&database, noor, 1).await;
    let mut tx = db.begin().await.expect("a transaction");
    sources::purge_all(&mut tx, &cause(), mira).await.expect("told");
    tx.commit().await.expect("written");
    for id in [first, second] {
        assert!(matches!(sources::remove(db, &cause(), id).await.expect("answered"), Removal::Due(_)));
    }
    assert!(matches!(sources::remove(db, &cause(), others).await.expect("answered"), Removal::NotBefore(_)));
    assert_eq!(jobs(&database, "purge_source").await.len(), 5);
}
