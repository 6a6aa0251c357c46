//! What was turned down, and who has the last word.

use reqwest::StatusCode;
use serde_json::json;
use shop::{
    Cause,
    accounts::Role,
    audit::Actor,
    blocklists,
    generations::{self, Wish},
    ids::{AccountId, StrikeId},
    sources::{self, Brought, SourceImage},
    strikes::{self, REVIEW_FROM, WARN_FROM},
    testing::{self, LIMITS},
};

use crate::{
    office::{entries, post},
    support::{Shop, wish},
};

const PAGE: &str = "/admin/strikes";

/// So many sentences of this customer are turned down by the list. Nothing of that is an entry in the audit log of these tests.
async fn struck(shop: &Shop, account_id: AccountId, count: i64) {
    let (db, cause) = (shop.db(), Cause::now(None));
    let operator = Actor { account_id: None, client_address: String::new() };
    blocklists::change(db, &cause, &operator, &["grue".to_owned()], "").await.expect("changed");
    for number in 0..count {
        let wish = testing::wish(&format!("a <grue>, number {number}"));
        generations::request(db, &Cause::now(None), account_id, &wish, LIMITS)
            .await
            .expect("answered")
            .expect("turned down in peace");
    }
}

async fn ids(shop: &Shop) -> Vec<StrikeId> {
    let found = strikes::undecided(shop.db(), Cause::now(None).at, 50).await.expect("read");
    found.into_iter().map(|strike| strike.id).collect()
}

async fn in_review(shop: &Shop, id: AccountId) -> bool {
    sqlx::query_scalar("select review_since is not null from accounts where id = $1")
        .bind(id.0)
        .fetch_one(shop.db())
        .await
        .expect("read")
}

#[tokio::test]
async fn staff_read_what_was_turned_down_and_why_and_decide_once() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let mira = shop.account_id("mira@example.org").await;
    let support = shop.staff(Role::Support).await;
    let empty = support.get(PAGE).await;
    assert!(empty.text.contains("No sentence waits for a decision") && !empty.text.contains("In review"));
    struck(&shop, mira, 2).await;
    let page = support.get(PAGE).await.text;
    for words in [
        "a &lt;grue&gt;, number 0",
        "a &lt;grue&gt;, number 1",
        "Our list",
        "The list has “grue” in its version 1.",
        &format!("<a href=\"/admin/accounts/{mira}\">mira@example.org</a>: 2 within 24 hours"),
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(
        support
            .get("/admin")
            .await
            .text
            .contains("<p class=\"matter-count\">2</p>\n    <h2><a href=\"/admin/strikes\">sentences")
    );

    let both = ids(&shop).await;
    let path = |id: StrikeId| format!("/admin/strikes/{id}/verdict");
    let wrong = post(&support, &path(both[0]), &[("verdict", "boring")]).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let benign = post(&support, &path(both[0]), &[("verdict", "benign")]).await;
    assert_eq!((benign.status, benign.location()), (StatusCode::SEE_OTHER, PAGE));
    let page = support.get(PAGE).await.text;
    assert!(!page.contains("number 0") && page.contains("number 1"), "{page}");
    assert!(page.contains(": 1 within 24 hours"), "what is harmless does not count: {page}");
    // The same verdict again changes nothing.
    post(&support, &path(both[0]), &[("verdict", "benign")]).await;
    assert!(support.get(PAGE).await.text.contains("nothing to change any more"));
    let back = mira.to_string();
    let upheld = post(&support, &path(both[1]), &[("verdict", "upheld"), ("account", &back)]).await;
    assert_eq!(upheld.location(), format!("/admin/accounts/{mira}"), "whoever came from there goes on there");
    assert!(support.get(PAGE).await.text.contains("No sentence waits"));
    assert_eq!(strikes::counting(shop.db(), Cause::now(None).at, mira).await.expect("counted"), 1);
    let account = support.get(&format!("/admin/accounts/{mira}")).await.text;
    assert!(
        account.contains("<p>Harmless</p>") && account.contains("<p>Rightly turned down</p>"),
        "{account}"
    );

    let undecided = json!({ "verdict": null });
    let decided = |verdict: &str, id: StrikeId| json!({ "verdict": verdict, "strike": id });
    assert_eq!(
        entries(&shop).await[1..],
        [
            ("strike.decide".to_owned(), undecided.clone(), decided("benign", both[0])),
            ("strike.decide".to_owned(), undecided, decided("upheld", both[1])),
        ]
    );
}

#[tokio::test]
async fn a_review_ends_by_a_verdict_or_by_itself_and_pictures_are_drawn_again() {
    let shop = Shop::open().await;
    let browser = shop.customer("mira@example.org").await;
    let mira = shop.account_id("mira@example.org").await;
    struck(&shop, mira, REVIEW_FROM).await;
    let support = shop.staff(Role::Support).await;
    let account = format!("/admin/accounts/{mira}");
    assert!(in_review(&shop, mira).await);
    let page = support.get(PAGE).await.text;
    assert!(
        page.contains("Accounts in review") && page.contains("6 sentences within 24 hours count."),
        "{page}"
    );
    assert!(support.get(&account).await.text.contains("End the review"));
    assert!(support.get("/admin/accounts").await.text.contains("In review"));
    assert!(
        support.get("/admin").await.text.contains(
            "<p class=\"matter-count\">1</p>\n    <h2><a href=\"/admin/strikes\">accounts in review"
        )
    );
    let ask = async || {
        let csrf = browser.csrf("/generations/new").await;
        let mut fields = wish(&csrf, "a fox");
        fields.push(("again", "yes"));
        browser.post("/generations", &fields).await.status
    };
    assert_eq!(ask().await, StatusCode::UNPROCESSABLE_ENTITY);
    let newest = ids(&shop).await.pop().expect("one");
    post(&support, &format!("/admin/strikes/{newest}/verdict"), &[("verdict", "benign")]).await;
    assert!(!in_review(&shop, mira).await, "one less than too many");
    assert_eq!(ask().await, StatusCode::SEE_OTHER);
    let last = entries(&shop).await.pop().expect("an entry");
    assert_eq!((&last.1["in_review"], &last.2["in_review"]), (&json!(true), &json!(false)));

    struck(&shop, mira, 1).await;
    assert!(in_review(&shop, mira).await);
    for _ in 0..2 {
        let ended = post(&support, &format!("{account}/clearance"), &[]).await;
        assert_eq!((ended.status, ended.location()), (StatusCode::SEE_OTHER, account.as_str()));
    }
    assert!(!in_review(&shop, mira).await);
    assert!(!support.get(PAGE).await.text.contains("Accounts in review"));
    let reviews: Vec<_> =
        entries(&shop).await.into_iter().filter(|(action, ..)| action == "review.end").collect();
    assert_eq!(
        reviews,
        [("review.end".to_owned(), json!({ "in_review": true }), json!({ "in_review": false }))],
        "once"
    );
    let manager = shop.staff(Role::Manager).await;
    let log = manager.get(&format!("/admin/audit?subject={mira}")).await.text;
    assert!(log.contains("judged a sentence of") && log.contains("ended the review of"), "{log}");
    assert!(!log.contains("grue"), "the log does not repeat sentences: {log}");
}

#[tokio::test]
async fn nobody_without_the_duty_reads_what_was_turned_down() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let id = shop.account_id("mira@example.org").await;
    struck(&shop, id, 1).await;
    let strike = ids(&shop).await.remove(0);
    let printer = shop.staff(Role::Production).await;
    for browser in [&mira, &printer] {
        assert_eq!(browser.get(PAGE).await.status, StatusCode::NOT_FOUND);
        let path = format!("/admin/strikes/{strike}/verdict");
        assert_eq!(post(browser, &path, &[("verdict", "benign")]).await.status, StatusCode::NOT_FOUND);
        let path = format!("/admin/accounts/{id}/clearance");
        assert_eq!(post(browser, &path, &[]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(ids(&shop).await, [strike]);
}

#[tokio::test]
async fn of_a_long_queue_the_oldest_are_shown_and_those_in_review_first() {
    let shop = Shop::open().await;
    for (email, count) in [("noor@example.org", 3), ("mira@example.org", REVIEW_FROM)] {
        let id = testing::account(shop.db(), email, "$argon2id$none").await;
        struck(&shop, id, count).await;
    }
    let support = shop.staff(Role::Support).await;
    let page = support.get(PAGE).await.text;
    let queue = page.split_once("Waiting for a decision").expect("a queue").1;
    let place = |email: &str| queue.find(email).expect("listed");
    assert!(place("mira@example.org") < place("noor@example.org"), "in review");
    assert!(!page.contains("There are more"));
    // Who left is judged no more.
    let erased = "update accounts set erased_at = now(), erase_at = now() where email = 'noor@example.org'";
    sqlx::query(erased).execute(shop.db()).await.expect("erased");
    assert!(!support.get(PAGE).await.text.contains("noor@example.org"));
    for number in 0..5 {
        let email = format!("guest{number}@example.org");
        let id = testing::account(shop.db(), &email, "$argon2id$none").await;
        struck(&shop, id, REVIEW_FROM).await;
    }
    let checked = "update strikes set source = 'moderation', detail = 'violence', blocklist_version = null";
    sqlx::query(checked).execute(shop.db()).await.expect("turned down by somebody else");
    let page = support.get(PAGE).await.text;
    assert_eq!(page.matches("/verdict\"").count(), 30);
    assert!(page.contains("There are more") && page.contains("It names: violence."));
}

#[tokio::test]
async fn a_verdict_is_put_right_on_the_page_of_the_account() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let mira = shop.account_id("mira@example.org").await;
    struck(&shop, mira, 1).await;
    let support = shop.staff(Role::Support).await;
    let id = ids(&shop).await.remove(0);
    let (verdict, account) = (format!("/admin/strikes/{id}/verdict"), format!("/admin/accounts/{mira}"));
    let back = mira.to_string();
    for (said, text, other) in [
        ("upheld", "<p>Rightly turned down</p>", "It was harmless after all"),
        ("benign", "<p>Harmless</p>", "It was turned down rightly after all"),
        ("upheld", "<p>Rightly turned down</p>", "It was harmless after all"),
    ] {
        post(&support, &verdict, &[("verdict", said), ("account", &back)]).await;
        let page = support.get(&account).await.text;
        assert!(page.contains(text) && page.contains(other), "{said}: {page}");
        assert!(!page.contains(&format!("value=\"{said}\"")), "it is said already: {page}");
    }
    let said: Vec<_> = entries(&shop)
        .await
        .into_iter()
        .filter(|(action, ..)| action == "strike.decide")
        .map(|(_, before, after)| (before["verdict"].clone(), after["verdict"].clone()))
        .collect();
    assert_eq!(
        said,
        [
            (json!(null), json!("upheld")),
            (json!("upheld"), json!("benign")),
            (json!("benign"), json!("upheld"))
        ]
    );
}

#[tokio::test]
async fn the_picture_that_came_with_a_sentence_is_seen_by_whoever_judges() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let owner = shop.account_id("mira@example.org").await;
    let support = shop.staff(Role::Support).await;
    struck(&shop, owner, 1).await;
    assert!(!support.get(PAGE).await.text.contains("With a picture of theirs"));
    let without = ids(&shop).await.remove(0);
    let answer = support.get(&format!("{PAGE}/{without}/source")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);

    let brought = Brought { bytes: b"a jpeg".to_vec(), width: 64, height: 64, sha256: [1; 32] };
    let source = sources::stage(shop.db(), &Cause::now(None), owner, &brought).await.expect("staged");
    let wish = Wish { source: Some(SourceImage::Brought(source)), ..testing::wish("a grue in it") };
    generations::request(shop.db(), &Cause::now(None), owner, &wish, LIMITS)
        .await
        .expect("answered")
        .expect("turned down in peace");
    let id = ids(&shop).await.pop().expect("one");
    let path = format!("{PAGE}/{id}/source");
    let page = support.get(PAGE).await.text;
    assert!(page.contains("With a picture of theirs") && page.contains(&path), "{page}");
    let staged = support.get(&path).await;
    assert_eq!((staged.status, staged.text.as_str()), (StatusCode::OK, "a jpeg"));
    assert_eq!(staged.header("content-type"), "image/jpeg");
    assert_eq!(staged.header("cache-control"), "private, no-store");
    sources::stored(shop.db(), source).await.expect("stored");
    let stored = support.get(&path).await;
    assert_eq!(stored.status, StatusCode::SEE_OTHER);
    assert_eq!(stored.header("cache-control"), "private, no-store");
    let link = stored.location();
    assert!(
        link.starts_with(&format!("http://storage.example:9000/pictures/sources/{source}.jpg?"))
            && link.contains("X-Amz-Expires=300&"),
        "{link}"
    );
    let printer = shop.staff(Role::Production).await;
    for browser in [&mira, &printer] {
        assert_eq!(browser.get(&path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn whoever_is_turned_down_often_reads_what_comes_of_it() {
    let shop = Shop::open().await;
    let browser = shop.customer("mira@example.org").await;
    let mira = shop.account_id("mira@example.org").await;
    let newest = async || {
        let sql = "select id from generations order by id desc limit 1";
        let id: uuid::Uuid = sqlx::query_scalar(sql).fetch_one(shop.db()).await.expect("one");
        browser.get(&format!("/generations/{id}")).await.text
    };
    let near = "If that goes on, somebody of the shop looks at them";
    struck(&shop, mira, WARN_FROM - 1).await;
    let page = newest().await;
    assert!(page.contains("Your words are kept.") && !page.contains(near), "{page}");
    struck(&shop, mira, 1).await;
    assert!(newest().await.contains(near));
    struck(&shop, mira, REVIEW_FROM - WARN_FROM).await;
    let page = newest().await;
    assert!(page.contains("Somebody of the shop looks at them now") && !page.contains(near), "{page}");
}
