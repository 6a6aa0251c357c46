//! News are turned off by whoever holds the link, and by nobody else.

use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, ORIGIN},
};
use uuid::Uuid;

use crate::support::Shop;

async fn link(shop: &Shop, email: &str) -> String {
    let sql = "select unsubscribe_token from accounts where email = $1";
    let token: Uuid = sqlx::query_scalar(sql).bind(email).fetch_one(shop.db()).await.expect("an account");
    format!("/mail-preferences/{token}")
}

async fn wants_news(shop: &Shop) -> Vec<(String, bool)> {
    let sql = "select email, mail_when_ready from accounts order by email";
    sqlx::query_as(sql).fetch_all(shop.db()).await.expect("accounts")
}

#[tokio::test]
async fn a_mail_program_turns_news_off_without_cookies_and_without_a_form_of_ours() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    shop.customer("noor@example.org").await;
    let link = link(&shop, "mira@example.org").await;
    // RFC 8058 §3.2 lets it send either of the two.
    for (media_type, body) in [
        ("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        (
            "multipart/form-data; boundary=b",
            "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n",
        ),
    ] {
        let program = shop.browser();
        let request = program
            .request(Method::POST, &link)
            .header(ORIGIN, "https://mail.example")
            .header("sec-fetch-site", "cross-site")
            .header(CONTENT_TYPE, media_type)
            .body(body);
        let answer = program.send(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{media_type}: {}", answer.text);
        assert!(answer.set_cookies().is_empty());
    }
    let wanted = [("mira@example.org".to_owned(), false), ("noor@example.org".to_owned(), true)];
    assert_eq!(wants_news(&shop).await, wanted);
}

#[tokio::test]
async fn a_person_is_asked_first_and_told_afterwards() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let link = link(&shop, "mira@example.org").await;
    let guest = shop.browser();
    let page = guest.get(&link).await;
    assert!(page.text.contains("Turn news off"), "{}", page.text);
    assert!(page.text.contains(&format!("action=\"{link}\"")), "{}", page.text);
    assert!(wants_news(&shop).await[0].1, "looking changes nothing");
    let answer = guest.post(&link, &[]).await;
    assert!(answer.text.contains("No more news by mail") && !answer.text.contains("Turn news off"));
    assert!(guest.get(&link).await.text.contains("No more news by mail"));
}

#[tokio::test]
async fn a_link_that_nobody_has_changes_nothing() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let right = link(&shop, "mira@example.org").await;
    let token = right.rsplit('/').next().expect("a token");
    let wrong = [
        "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".to_owned(),
        token.to_uppercase(),
        token.replace('-', ""),
        String::new(),
    ];
    for wrong in wrong {
        let path = format!("/mail-preferences/{wrong}");
        assert_eq!(shop.browser().get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(shop.browser().post(&path, &[]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert!(wants_news(&shop).await[0].1);
}
