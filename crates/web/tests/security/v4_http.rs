//! V4: what HTTP itself asks of an answer.

use reqwest::Method;

use crate::support::Shop;

#[tokio::test]
async fn v4_1_1_every_answer_says_what_it_is_made_of() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    let (generation, image) = shop.drawn("mira@example.org", "a fox").await;
    for url in web::routes::table().listed {
        let id = if url.pattern.starts_with("/images") { image.0 } else { generation.0 };
        let path = url.pattern.replace(":id", &id.to_string());
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = mira.browser.send(mira.browser.request(method.clone(), &path)).await;
            let kind = answer.header("content-type");
            if answer.text.is_empty() {
                continue;
            }
            assert!(!kind.is_empty(), "{method} {path}: {}", answer.text);
            let is_text = kind.starts_with("text/") || kind.contains("javascript") || kind.contains("json");
            assert!(!is_text || kind.contains("charset=utf-8"), "{method} {path}: {kind}");
            let is_page = answer.text.starts_with("<!doctype html>");
            assert_eq!(is_page, is_page && kind.starts_with("text/html"), "{method} {path}: {kind}");
        }
    }
}

#[tokio::test]
async fn v4_1_3_a_header_of_a_proxy_is_believed_from_proxies_alone() {
    let shop =
        Shop::open_with(|config| config.trusted_proxies = "10.0.0.0/8".parse().expect("a network")).await;
    shop.customer("mira@example.org").await;
    let browser = shop.browser_at("198.51.100.7");
    let csrf = browser.csrf("/sign-in").await;
    let request = browser.request(Method::POST, "/sign-in");
    let request = request.header("x-real-ip", "198.51.100.7").header("forwarded", "for=198.51.100.7");
    let fields =
        [("csrf", csrf.as_str()), ("email", "mira@example.org"), ("password", crate::support::PASSWORD)];
    browser.send(request.form(&fields)).await;
    let addresses: Vec<String> =
        sqlx::query_scalar("select address from sessions").fetch_all(shop.db()).await.expect("rows");
    assert!(!addresses.is_empty() && addresses.iter().all(|address| address == "127.0.0.1"), "{addresses:?}");
}

#[tokio::test]
async fn v4_4_1_nothing_is_switched_to_another_protocol() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let request =
        browser.request(Method::GET, "/").header("connection", "upgrade").header("upgrade", "websocket");
    let request =
        request.header("sec-websocket-version", "13").header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    assert_eq!(browser.send(request).await.status.as_u16(), 200, "a page like any other");
}
