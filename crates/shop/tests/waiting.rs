//! The line, what came while somebody was away, and what they find again.

mod support;

use std::time::Duration;

use chrono::TimeDelta;
use shop::{
    Cause,
    generations::{self, GenerationState, Shown, Wanted},
    ids::{AccountId, GenerationId},
    images, sessions,
    testing::Database,
};
use support::{account, answer, begin, cause, ready, requested};

async fn found(database: &Database, owner: AccountId, shown: Shown, words: &str) -> Vec<GenerationId> {
    let wanted = Wanted { words, shown, before: None };
    let history = generations::history(&database.pool, owner, wanted, 50).await.expect("read");
    history.into_iter().map(|generation| generation.id).collect()
}

#[tokio::test]
async fn a_position_counts_those_before_it() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(requested(&database, owner, "a fox").await);
    }
    let line = generations::line(&database.pool, cause().at).await.expect("read");
    let places: Vec<_> = ids.iter().map(|id| (line.position(*id), line.pictures_ahead(*id))).collect();
    assert_eq!(places, [(1, 0), (2, 2), (3, 4)], "two pictures each");
    assert!(!line.is_paused);

    // One that came after the line was read stands at its end.
    let late = requested(&database, owner, "a fox").await;
    assert_eq!((line.position(late), line.pictures_ahead(late)), (4, 6));

    // What is being drawn comes before everything that waits.
    let newest = begin(&database, late).await.expect("to draw");
    let line = generations::line(&database.pool, cause().at).await.expect("read");
    assert_eq!((line.position(ids[1]), line.pictures_ahead(ids[1])), (2, 4));
    generations::answered(&database.pool, &cause(), newest.call_id, &answer(2)).await.expect("answered");
    let line = generations::line(&database.pool, cause().at).await.expect("read");
    assert_eq!(line.pictures_ahead(ids[1]), 2);
}

#[tokio::test]
async fn the_pace_is_that_of_busy_minutes() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let pace = async || generations::line(&database.pool, cause().at).await.expect("read").pace;
    assert_eq!((pace().await.per_minute, pace().await.typical), (None, None));

    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ready(&database, owner).await.0);
    }
    // Two calls of two pictures side by side from 0 s to 12 s, then a long pause, and one from 300 s to 312 s: six pictures in
    // 24 busy seconds.
    let began = cause().at - TimeDelta::minutes(10);
    for (id, from) in ids.iter().zip([0, 0, 300]) {
        let moved = "update provider_calls set started_at = $2, ended_at = $2 + interval '12 seconds' where generation_id = $1";
        sqlx::query(moved)
            .bind(id.0)
            .bind(began + TimeDelta::seconds(from))
            .execute(&database.pool)
            .await
            .expect("moved");
    }
    let measured = pace().await;
    assert_eq!(measured.typical, Some(Duration::from_secs(12)));
    assert!((measured.per_minute.expect("enough") - 15.0).abs() < 0.01, "{measured:?}");

    // What is older than a quarter of an hour does not count any more.
    sqlx::query("update provider_calls set started_at = started_at - interval '1 hour', ended_at = ended_at - interval '1 hour'")
        .execute(&database.pool)
        .await
        .expect("moved");
    assert_eq!(pace().await.per_minute, None);
    assert_eq!(pace().await.typical, Some(Duration::from_secs(12)));
}

#[tokio::test]
async fn what_came_is_new_until_its_owner_looks() {
    let database = Database::new().await;
    let (owner, other) =
        (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let hash = [7; 32];
    let browser = sessions::Browser { user_agent: "", address: "" };
    sessions::begin(&database.pool, &cause(), owner, &hash, browser, None)
        .await
        .expect("signed in")
        .expect("and there");
    let unseen = async || {
        sessions::visitor(&database.pool, &hash, cause().at).await.expect("read").expect("signed in").unseen
    };
    assert_eq!(unseen().await, 0);
    requested(&database, owner, "a fox").await;
    assert_eq!(unseen().await, 0, "it is not there yet");
    let (first, _) = ready(&database, owner).await;
    let (second, pictures) = ready(&database, owner).await;
    ready(&database, other).await;
    assert_eq!(unseen().await, 4);
    images::delete(&database.pool, &cause(), owner, pictures[0]).await.expect("answered").expect("deleted");
    assert_eq!(unseen().await, 3);
    generations::see(&database.pool, &cause(), other, first).await.expect("answered");
    assert_eq!(unseen().await, 3, "nobody else's look counts");
    generations::see(&database.pool, &cause(), owner, first).await.expect("seen");
    assert_eq!(unseen().await, 1);
    assert_eq!(generations::see_all(&database.pool, &cause(), owner).await.expect("seen"), [second]);
    assert_eq!(unseen().await, 0);
    assert!(generations::see_all(&database.pool, &cause(), owner).await.expect("seen").is_empty());
}

#[tokio::test]
async fn what_ended_without_a_picture_is_new_too_until_its_owner_looks() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let hash = [7; 32];
    let browser = sessions::Browser { user_agent: "", address: "" };
    sessions::begin(&database.pool, &cause(), owner, &hash, browser, None)
        .await
        .expect("signed in")
        .expect("and there");
    let unseen = async || {
        sessions::visitor(&database.pool, &hash, cause().at).await.expect("read").expect("signed in").unseen
    };
    // One that is refused, one whose time runs out, and one that its owner took back, which is no news.
    let refused = requested(&database, owner, "a fox").await;
    let drawing = begin(&database, refused).await.expect("to draw");
    generations::refuse(&database.pool, &cause(), drawing.call_id, None, "", "Not this.", None)
        .await
        .expect("refused");
    assert_eq!(unseen().await, 1);
    let cancelled = requested(&database, owner, "a hare").await;
    generations::cancel(&database.pool, &cause(), owner, cancelled)
        .await
        .expect("answered")
        .expect("cancelled");
    assert_eq!(unseen().await, 1);
    let expired = requested(&database, owner, "a heron").await;
    let late = Cause { at: cause().at + TimeDelta::hours(25), request_id: None };
    assert_eq!(generations::expire_overdue(&database.pool, &late).await.expect("expired"), 1);
    assert_eq!(unseen().await, 2);
    generations::see(&database.pool, &cause(), owner, refused).await.expect("seen");
    assert_eq!(unseen().await, 1);
    assert_eq!(generations::see_all(&database.pool, &cause(), owner).await.expect("seen"), [expired]);
    assert_eq!(unseen().await, 0);
}

#[tokio::test]
async fn sentences_are_found_by_the_beginnings_of_their_words() {
    let database = Database::new().await;
    let (owner, other) =
        (account(&database, "a@example.org").await, account(&database, "b@example.org").await);
    let fox = requested(&database, owner, "A fox's den under the Bridge, at example.com").await;
    let tag = requested(&database, owner, "<b>Wolves</b> & <red> berries").await;
    let light = requested(&database, owner, "夜明けの紙の灯台、遠くに帆船").await;
    let cat = requested(&database, owner, "قطة نائمة على نافذة").await;
    requested(&database, other, "A fox of somebody else").await;
    for (words, expected) in [
        ("fox", vec![fox]),
        ("BRID den", vec![fox]),
        ("ridge", vec![]),
        ("fox hare", vec![]),
        ("fox's", vec![fox]),
        ("example.com", vec![fox]),
        ("灯台", vec![light]),
        ("台灯", vec![]),
        ("نائم", vec![cat]),
        ("a", vec![fox]),
        ("'", vec![]),
        (r"\ ' & | ! <-> :*", vec![]),
        ("fox & den", vec![fox]),
        ("wolves red", vec![tag]),
        ("<red>", vec![tag]),
        ("🦊", vec![]),
    ] {
        assert_eq!(found(&database, owner, Shown::All, words).await, expected, "{words}");
    }
}

#[tokio::test]
async fn the_history_is_narrowed_and_goes_on_page_by_page() {
    let database = Database::new().await;
    let owner = account(&database, "a@example.org").await;
    let waiting = requested(&database, owner, "a hare").await;
    let cancelled = requested(&database, owner, "a heron").await;
    generations::cancel(&database.pool, &cause(), owner, cancelled)
        .await
        .expect("answered")
        .expect("cancelled");
    let (drawn, pictures) = ready(&database, owner).await;
    let (loved, favourites) = ready(&database, owner).await;
    images::set_favourite(&database.pool, &cause(), owner, favourites[1], true)
        .await
        .expect("answered")
        .expect("a favourite");
    for (shown, expected) in [
        (Shown::All, vec![loved, drawn, cancelled, waiting]),
        (Shown::Waiting, vec![waiting]),
        (Shown::Ready, vec![loved, drawn]),
        (Shown::Undrawn, vec![cancelled]),
        (Shown::Favourites, vec![loved]),
    ] {
        assert_eq!(found(&database, owner, shown, "").await, expected, "{shown:?}");
    }
    assert_eq!(found(&database, owner, Shown::Favourites, "fox").await, [loved]);
    assert_eq!(found(&database, owner, Shown::Undrawn, "fox").await, []);

    let mut before = None;
    let mut pages = Vec::new();
    loop {
        let wanted = Wanted { words: "a", shown: Shown::All, before };
        let page = generations::history(&database.pool, owner, wanted, 1).await.expect("a page");
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        pages.push(last.id);
    }
    assert_eq!(pages, [loved, drawn, cancelled, waiting]);

    // A deleted favourite is none, and a state in the history is one of the enum.
    images::delete(&database.pool, &cause(), owner, favourites[1]).await.expect("answered").expect("deleted");
    assert!(found(&database, owner, Shown::Favourites, "").await.is_empty());
    let stranger = account(&database, "b@example.org").await;
    let refused = images::set_favourite(&database.pool, &cause(), stranger, pictures[0], true).await;
    assert!(refused.expect("answered").is_err(), "nobody chooses among somebody else's");
    let generation = generations::find(&database.pool, owner, drawn).await.expect("read").expect("there");
    assert_eq!(generation.state, GenerationState::Ready);
}
