//! The browsers in which somebody is signed in.

use reqwest::{StatusCode, header::USER_AGENT};
use shop::ids::SessionId;

use crate::support::{PASSWORD, Shop};

const EMAIL: &str = "mira@example.org";
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0";

async fn newest_session(shop: &Shop) -> SessionId {
    sqlx::query_scalar("select id from sessions order by id desc limit 1")
        .fetch_one(shop.db())
        .await
        .expect("a session")
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_ends_it_there() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let laptop = shop.browser();
    let csrf = laptop.csrf("/sign-in").await;
    let form = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD)];
    let request = laptop.request(reqwest::Method::POST, "/sign-in").header(USER_AGENT, FIREFOX).form(&form);
    assert_eq!(laptop.send(request).await.status, StatusCode::SEE_OTHER);
    let id = newest_session(&shop).await;
    let list = mira.get("/account/sessions").await;
    assert!(list.text.contains("Firefox on Linux") && list.text.contains("127.0.0.1"), "{}", list.text);
    assert_eq!(list.text.matches("This browser").count(), 1, "{}", list.text);

    let csrf = list.csrf();
    let ended = mira.post(&format!("/account/sessions/{id}/revocation"), &[("csrf", &csrf)]).await;
    assert_eq!((ended.status, ended.location()), (StatusCode::SEE_OTHER, "/account/sessions"));
    assert_eq!(laptop.get("/generations").await.status, StatusCode::SEE_OTHER);
    let list = mira.get("/account/sessions").await;
    assert!(
        list.text.contains("That browser is signed out") && !list.text.contains("Firefox"),
        "{}",
        list.text
    );
}

#[tokio::test]
async fn ending_this_one_is_signing_out() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let csrf = mira.csrf("/account/sessions").await;
    let id = newest_session(&shop).await;
    let ended = mira.post(&format!("/account/sessions/{id}/revocation"), &[("csrf", &csrf)]).await;
    assert_eq!((ended.status, ended.location()), (StatusCode::SEE_OTHER, "/"));
    assert_eq!(mira.cookie("sid"), None);
    assert!(mira.get("/").await.text.contains("You are signed out"));
}

#[tokio::test]
async fn all_others_end_at_once() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let noor = shop.customer("noor@example.org").await;
    let others = [shop.signed_in(EMAIL).await, shop.signed_in(EMAIL).await];
    let csrf = mira.csrf("/account/sessions").await;
    mira.post("/account/sessions/revocation", &[("csrf", &csrf)]).await;
    for other in others {
        assert_eq!(other.get("/generations").await.status, StatusCode::SEE_OTHER);
    }
    assert_eq!(noor.get("/generations").await.status, StatusCode::OK, "somebody else's go on");
    let list = mira.get("/account/sessions").await.text;
    assert!(
        list.contains("signed out everywhere but here") && !list.contains("everywhere but here</button>"),
        "{list}"
    );
}

#[tokio::test]
async fn sessions_that_ran_out_are_not_listed() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    shop.signed_in(EMAIL).await;
    let id = newest_session(&shop).await;
    sqlx::query("update sessions set last_seen_at = now() - interval '15 days' where id = $1")
        .bind(id)
        .execute(shop.db())
        .await
        .expect("old");
    assert_eq!(mira.get("/account/sessions").await.text.matches("<li>\n      <div>").count(), 1);
}
