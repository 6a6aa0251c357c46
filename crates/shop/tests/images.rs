//! Pictures: who sees them, and what becomes of a deleted one.

mod support;

use chrono::Duration;
use shop::{
    Cause, StaleTransition,
    images::{self, GalleryKey, Order, RESTORABLE_FOR, Removal, SubmissionError},
    testing::Database,
};
use support::{account, cause, jobs, ready};

#[tokio::test]
async fn a_private_picture_is_its_owners_alone() {
    let database = Database::new().await;
    let (owner, other) =
        (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let (_, images) = ready(&database, owner).await;
    for viewer in [None, Some(other)] {
        assert!(images::find(&database.pool, viewer, images[0]).await.expect("read").is_none());
        assert!(images::staged_bytes(&database.pool, viewer, images[0]).await.expect("read").is_none());
    }
    let publish = async |who| images::submit(&database.pool, &cause(), who, images[0], "A fox", false).await;
    let refused = publish(other).await.expect("answered");
    assert_eq!(refused, Err(SubmissionError::Stale(StaleTransition)), "nobody publishes what is not theirs");
    publish(owner).await.expect("answered").expect("published");
    assert!(images::find(&database.pool, None, images[0]).await.expect("read").is_some());
    let withdraw = async |who| images::withdraw(&database.pool, who, images[0]).await.expect("answered");
    assert_eq!(withdraw(other).await, Err(StaleTransition), "nor takes down what is not theirs");
    assert_eq!(withdraw(owner).await, Ok(()));
    assert!(images::find(&database.pool, None, images[0]).await.expect("read").is_none());
}

#[tokio::test]
async fn pages_of_the_gallery_lose_nothing_at_equal_times() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let at = cause();
    for _ in 0..3 {
        let (_, images) = ready(&database, owner).await;
        for id in images {
            images::submit(&database.pool, &at, owner, id, "A fox", false)
                .await
                .expect("answered")
                .expect("published");
        }
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = images::gallery(&database.pool, Order::Newest, "", after, 4).await.expect("a page");
        let Some(last) = page.last() else { break };
        after =
            last.published_at.map(|published_at| GalleryKey { loves: last.loves, published_at, id: last.id });
        seen.extend(page.iter().map(|card| card.id));
    }
    assert_eq!(seen.len(), 6);
    assert!(seen.is_sorted_by(|earlier, later| earlier > later), "newest first");
}

#[tokio::test]
async fn a_deleted_picture_can_be_had_back_for_a_while() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, images) = ready(&database, owner).await;
    let id = images[0];
    let deleted = cause();
    images::submit(&database.pool, &deleted, owner, id, "A fox", false)
        .await
        .expect("answered")
        .expect("published");
    images::delete(&database.pool, &deleted, owner, id).await.expect("answered").expect("deleted");
    let wall = images::gallery(&database.pool, Order::Newest, "", None, 10).await.expect("a page");
    assert!(wall.is_empty());
    assert_eq!(jobs(&database, "purge_image").await.len(), 1);
    let removal = async |at: &Cause| images::removal(&database.pool, at, id).await.expect("read");
    assert!(
        matches!(removal(&deleted).await, Removal::NotBefore(at) if at > deleted.at + RESTORABLE_FOR),
        "not yet"
    );
    images::restore(&database.pool, &deleted, owner, id).await.expect("answered").expect("restored");

    let later = Cause { at: deleted.at + RESTORABLE_FOR + Duration::seconds(1), request_id: None };
    assert_eq!(removal(&later).await, Removal::Needless, "it was restored");
    images::delete(&database.pool, &deleted, owner, id).await.expect("answered").expect("deleted");
    assert!(matches!(removal(&later).await, Removal::Due(_)));
    let restored = images::restore(&database.pool, &later, owner, id).await.expect("answered");
    assert_eq!(restored, Err(StaleTransition), "its objects may be gone");
    images::remove(&database.pool, &later, id).await.expect("removed");
    assert!(images::find(&database.pool, Some(owner), id).await.expect("read").is_none());
    assert!(!images::stored(&database.pool, &later, id).await.expect("answered"), "too late to store it");
}

#[tokio::test]
async fn bytes_leave_postgres_when_they_are_stored_and_not_before() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let (_, images) = ready(&database, owner).await;
    for _ in 0..2 {
        images::stored(&database.pool, &cause(), images[0]).await.expect("stored");
    }
    assert_eq!(jobs(&database, "make_thumbnails").await.len(), 1, "twice is once");
    assert!(images::staged(&database.pool, images[0]).await.expect("read").is_none());
    let original = images::original(&database.pool, images[0]).await.expect("read").expect("stored");
    assert_eq!(original.key, format!("images/{}/original.png", images[0]));
    images::thumbnails_made(&database.pool, images[0], &[320, 640]).await.expect("made");
    assert!(
        images::original(&database.pool, images[0]).await.expect("read").is_none(),
        "nothing left to make"
    );
}
