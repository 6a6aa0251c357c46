//! What somebody finds again among their pictures, and how they hear of new ones.

use chrono::TimeDelta;
use reqwest::{Method, StatusCode};
use shop::{Cause, generations};

use crate::support::{Shop, wish};

#[tokio::test]
async fn new_pictures_are_told_in_the_header_until_they_are_looked_at() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let told = async |path: &str| mira.get(path).await.text.contains("<span class=\"news\">1 new</span>");
    assert!(!told("/gallery").await);
    shop.drawn("mira@example.org", "A fox").await;
    assert!(told("/gallery").await && told("/generations/new").await);
    mira.get("/generations?show=ready").await;
    mira.get("/generations?q=fox").await;
    assert!(told("/gallery").await, "a look for something else is none");
    let list = mira.get("/generations").await;
    assert!(list.text.contains("<span class=\"news\">New</span>"), "{}", list.text);
    assert!(!told("/gallery").await);
    assert!(!mira.get("/generations").await.text.contains("class=\"news\""));

    // Whoever watches it come has seen it.
    let (generation, _) = shop.drawn("mira@example.org", "A hare").await;
    assert!(told("/gallery").await);
    mira.get(&format!("/generations/{generation}/progress")).await;
    assert!(!told("/gallery").await);
}

#[tokio::test]
async fn what_could_not_be_drawn_is_told_in_the_header_too() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let told = async || mira.get("/gallery").await.text.contains("<span class=\"news\">1 new</span>");
    let late = Cause { at: Cause::now(None).at + TimeDelta::hours(25), request_id: None };
    let expired = async || {
        let id = shop.queued("mira@example.org", "A fox").await;
        assert!(!told().await);
        assert_eq!(generations::expire_overdue(shop.db(), &late).await.expect("expired"), 1);
        assert!(told().await);
        id
    };
    expired().await;
    let list = mira.get("/generations").await.text;
    assert!(list.contains("<span class=\"news\">New</span>") && list.contains(">Failed</span>"), "{list}");
    let second = expired().await;
    mira.get(&format!("/generations/{second}")).await;
    assert!(!told().await, "whoever reads why has seen it");
    assert_eq!(shop.mails("mira@example.org").await, ["pictures_failed", "pictures_failed"]);
}

#[tokio::test]
async fn the_history_is_searched_and_narrowed() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    shop.queued("mira@example.org", "A heron").await;
    let (_, image) = shop.drawn("mira@example.org", "A <red> fox").await;
    for (address, heron, fox) in [
        ("/generations", true, true),
        ("/generations?q=RED", false, true),
        ("/generations?show=waiting", true, false),
        ("/generations?show=ready&q=fox", false, true),
        ("/generations?show=undrawn", false, false),
        ("/generations?show=favourites", false, false),
        ("/generations?q=wolf", false, false),
    ] {
        let text = mira.get(address).await.text;
        assert_eq!((text.contains("A heron"), text.contains("A &lt;red&gt; fox")), (heron, fox), "{address}");
    }
    for (address, words) in [
        ("/generations?show=undrawn", "Everything was drawn"),
        ("/generations?show=favourites", "You have no favourites yet"),
        ("/generations?q=wolf%00%0a", "No sentence of yours has these words"),
        ("/generations?q=wolf&show=favourites", "No sentence of yours has these words"),
        ("/generations?q=fox&show=favourites", "But other sentences of yours have them"),
        ("/generations?q=fox&show=favourites", "href=\"/generations?q=fox\">Search in all my pictures"),
    ] {
        let text = mira.get(address).await.text;
        assert!(text.contains(words) && text.contains("role=\"search\""), "{address}: {text}");
    }
    assert_eq!(mira.get("/generations?show=sideways").await.status, StatusCode::NOT_FOUND);
    let narrowed = mira.get("/generations?q=fox&show=ready").await.text;
    assert!(narrowed.contains("href=\"/generations?q=fox&amp;show=favourites\""), "{narrowed}");

    // When every picture of a request is deleted, it does not say that it is ready.
    let csrf = mira.csrf("/generations/new").await;
    mira.post(&format!("/images/{image}/deletion"), &[("csrf", &csrf)]).await;
    let text = mira.get("/generations?q=fox").await.text;
    assert!(text.contains(">Deleted</span>") && !text.contains(">Ready</span>"), "{text}");
}

#[tokio::test]
async fn pages_of_a_search_go_on_with_it() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    for n in 0..22 {
        shop.queued("mira@example.org", &format!("A fox, number {n}")).await;
        shop.queued("mira@example.org", "A heron").await;
    }
    let (mut next, mut found) = ("/generations?q=fox&show=waiting".to_owned(), vec![]);
    loop {
        let text = mira.get(&next).await.text;
        found.push(text.matches("class=\"history-row\"").count());
        assert!(!text.contains("A heron"));
        let Some((before, _)) = text.split_once("\" rel=\"next\"") else { break };
        next = before.rsplit_once("href=\"").expect("an address").1.replace("&amp;", "&");
        assert!(next.starts_with("/generations?q=fox&show=waiting&before="), "{next}");
    }
    assert_eq!(found, [20, 2]);
}

#[tokio::test]
async fn a_form_that_came_back_is_found_under_create() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let refused = mira.post("/generations", &wish(&csrf, " ")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let current: Vec<_> =
        refused.text.split("aria-current=\"page\">").skip(1).map(|rest| &rest[..6]).collect();
    assert_eq!(current, ["Create"]);
}

#[tokio::test]
async fn a_form_that_was_open_too_long_leads_back_to_its_page() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "A fox").await;
    let favourite = format!("/images/{image}/favourite");
    let send = async |referer: Option<&str>| {
        let mut request = mira.request(Method::POST, &favourite).form(&[("csrf", "stale")]);
        request =
            request.header("sec-fetch-site", "same-origin").header("origin", "http://shop.example:8080");
        if let Some(referer) = referer {
            request = request.header("referer", referer);
        }
        let answer = mira.send(request).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        let (before, _) = answer.text.split_once("\">Open the page again</a>").expect("a way back");
        before.rsplit_once("href=\"").expect("an address").1.replace("&amp;", "&")
    };
    assert_eq!(
        send(Some("http://shop.example:8080/generations?q=fox&show=ready")).await,
        "/generations?q=fox&show=ready"
    );
    let about = format!("/images/{image}");
    for other in [
        None,
        Some("https://evil.example/"),
        Some("http://shop.example:8080//evil.example"),
        Some("nonsense"),
    ] {
        assert_eq!(send(other).await, about, "{other:?}");
    }
}
