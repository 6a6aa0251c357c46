//! V14: what is personal stays out of addresses, caches and browsers that were left.

use reqwest::StatusCode;
use web::admission::Access;

use crate::{
    matrix::{Who, World},
    sources::files,
    support::{PASSWORD, Shop},
};

#[tokio::test]
async fn v14_2_1_what_is_secret_is_never_in_an_address() {
    for (path, text) in files("templates", ".html") {
        for (at, _) in text.match_indices("<form") {
            let form = &text[at..at + text[at..].find("</form>").expect("an end")];
            let secret = form.contains("type=\"password\"") || form.contains("name=\"csrf\"");
            assert!(
                !secret || form.contains("method=\"post\""),
                "{} sends a secret in an address",
                path.display()
            );
        }
    }
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let browser = shop.browser();
    let answer = browser.get(&format!("/sign-in?email=mira@example.org&password={PASSWORD}")).await;
    assert_eq!(answer.status, StatusCode::OK, "nobody is signed in by an address");
    assert!(!answer.text.contains(PASSWORD));
    let mira = shop.session(shop.account_id("mira@example.org").await).await;
    let (cookie, page) = (mira.browser.cookie("sid").expect("a session"), mira.get("/generations/new").await);
    assert!(!page.text.contains(&cookie), "the session's value is in the cookie alone");
}

#[tokio::test]
async fn v14_3_1_and_2_nothing_personal_stays_in_a_browser() {
    let world = World::open().await;
    let (mira, owner) = (world.arrive(Who::Customer).await, world.arrive(Who::Owner).await);
    let mut pages = 0;
    for url in web::routes::table().listed.iter().filter(|url| url.methods.contains("GET")) {
        // Everybody's, and the last one is asked for by sites where a link is shared.
        if ["/assets/*name", "/favicon.ico", "/robots.txt", "/gallery/:name/card.jpg"].contains(&url.pattern)
        {
            continue;
        }
        let path = world.path(url.pattern);
        let member = if matches!(url.access, Access::Staff(_)) { &owner } else { &mira };
        let answer = member.get(&path).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::SEE_OTHER), "{path}: {}", answer.status);
        if answer.location().starts_with('/') {
            continue; // On to a page of the same list; caches keep no 303 by themselves (RFC 9110 §15.1).
        }
        let kept = answer.header("cache-control");
        let again = kept.contains("no-store") || path.ends_with("/progress") && kept.contains("no-cache");
        assert!(again, "{path}: {kept:?}");
        pages += 1;
    }
    assert!(pages >= 30, "{pages}");
    for (path, text) in files("assets", "app.js") {
        for store in ["localStorage", "sessionStorage", "indexedDB", "caches.", "document.cookie"] {
            assert!(!text.contains(store), "{} keeps something in {store}", path.display());
        }
    }
}
