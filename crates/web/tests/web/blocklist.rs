//! The words that are not drawn.

use reqwest::StatusCode;
use serde_json::json;
use shop::{accounts::Role, blocklists};

use crate::{
    office::{entries, post},
    support::{Shop, wish},
};

const PAGE: &str = "/admin/blocklist";

async fn versions(shop: &Shop) -> Vec<Vec<String>> {
    sqlx::query_scalar("select terms from blocklists order by version")
        .fetch_all(shop.db())
        .await
        .expect("read")
}

#[tokio::test]
async fn a_saved_list_counts_at_once_and_its_versions_stay() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let manager = shop.staff(Role::Manager).await;
    assert!(manager.get(PAGE).await.text.contains("There is no list yet"));
    let first =
        [("terms", " Grue \r\n\r\nnaked emperor\r\ngrue"), ("note", "after a <complaint>"), ("version", "0")];
    let answer = post(&manager, PAGE, &first).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, PAGE));
    let page = manager.get(PAGE).await.text;
    for words in [
        ">\ngrue\nnaked emperor</textarea>",
        "Version 1",
        "after a &lt;complaint&gt;",
        "2 words, by manager@example.org",
        "<ins>grue, naked emperor</ins>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let csrf = mira.csrf("/generations/new").await;
    let asked = mira.post("/generations", &wish(&csrf, "the naked EMPEROR")).await;
    assert!(mira.get(asked.location()).await.text.contains("Your words are kept"), "it is turned down");

    // A double click, and the same list once more, are no new version.
    let (one, other) = tokio::join!(post(&manager, PAGE, &first), post(&manager, PAGE, &first));
    assert_eq!((one.location(), other.location()), (PAGE, PAGE));
    assert_eq!(versions(&shop).await.len(), 1);
    let second = [("terms", "grue\ngore"), ("note", "fashion"), ("version", "1")];
    let (one, other) = tokio::join!(post(&manager, PAGE, &second), post(&manager, PAGE, &second));
    assert_eq!((one.location(), other.location()), (PAGE, PAGE));
    assert_eq!(versions(&shop).await, [vec!["grue", "naked emperor"], vec!["gore", "grue"]]);
    let page = manager.get(PAGE).await.text;
    assert!(page.contains("<ins>gore</ins>") && page.contains("<del>naked emperor</del>"), "{page}");
    assert_eq!(
        entries(&shop).await,
        [
            (
                "blocklist.change".to_owned(),
                json!(null),
                json!({ "version": 1, "added": ["grue", "naked emperor"], "removed": [], "note": "after a <complaint>" })
            ),
            (
                "blocklist.change".to_owned(),
                json!({ "version": 1 }),
                json!({ "version": 2, "added": ["gore"], "removed": ["naked emperor"], "note": "fashion" })
            ),
        ]
    );
    let log = manager.get("/admin/audit").await.text;
    assert!(log.contains("wrote blocklist 2") && log.contains("naked emperor"), "{log}");
}

#[tokio::test]
async fn what_cannot_be_a_list_is_kept_with_a_sentence() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    let long = format!("gore\n{}", "ab".repeat(41));
    let many = (0..=blocklists::TERMS_MAX).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
    for (terms, sentence) in [
        ("", "at least one word"),
        (" \n \n", "at least one word"),
        (long.as_str(), "longer than 80 characters"),
        (many.as_str(), "1000 are the most"),
        ("gore\n...", "neither a letter nor a digit"),
        ("gore\nna\0ked", "control character"),
    ] {
        let answer = post(&manager, PAGE, &[("terms", terms), ("note", "why"), ("version", "0")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{terms:?}");
        assert!(
            answer.text.contains(sentence) && answer.text.contains("id=\"terms-error\""),
            "{}",
            answer.text
        );
        let kept = terms.lines().next().unwrap_or_default().trim();
        assert!(answer.text.contains(kept) && answer.text.contains("value=\"why\""), "{}", answer.text);
    }
    let answer = post(&manager, PAGE, &[("terms", "gore"), ("note", " "), ("version", "0")]).await;
    assert!(
        answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.text.contains("id=\"note-error\""),
        "{}",
        answer.text
    );
    assert!(answer.text.contains(">\ngore</textarea>"));
    assert!(versions(&shop).await.is_empty() && entries(&shop).await.is_empty());
}

#[tokio::test]
async fn two_who_change_it_at_once_do_not_undo_each_other_unawares() {
    let shop = Shop::open().await;
    let manager = shop.staff(Role::Manager).await;
    post(&manager, PAGE, &[("terms", "gore"), ("note", "one"), ("version", "0")]).await;
    let late = [("terms", "grue"), ("note", "two"), ("version", "0")];
    let answer = post(&manager, PAGE, &late).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.text.contains("saved version 1") && answer.text.contains(">\ngrue</textarea>"),
        "{}",
        answer.text
    );
    assert!(answer.text.contains("name=\"version\" value=\"1\""), "the next try knows: {}", answer.text);
    assert_eq!(versions(&shop).await.len(), 1);
    let aware = [("terms", "grue"), ("note", "two"), ("version", "1")];
    assert_eq!(post(&manager, PAGE, &aware).await.location(), PAGE);
    assert_eq!(versions(&shop).await, [["gore"], ["grue"]]);
}

#[tokio::test]
async fn nobody_else_reads_or_changes_it() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    for role in [Role::Support, Role::Production] {
        let browser = shop.staff(role).await;
        assert_eq!(browser.get(PAGE).await.status, StatusCode::NOT_FOUND, "{role:?}");
        let answer = post(&browser, PAGE, &[("terms", "gore"), ("note", "why")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{role:?}");
    }
    assert!(versions(&shop).await.is_empty());
}
