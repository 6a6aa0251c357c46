//! Nothing changes without a form of ours, sent in its own session from our own page.

use reqwest::{
    Method, StatusCode,
    header::{CONTENT_TYPE, ORIGIN},
};

use web::admission::Access;

use crate::support::{PASSWORD, Shop, wish};

/// Every address that takes a form of a customer, with ids that exist for nobody. To a customer those of staff do not exist.
fn posts() -> Vec<String> {
    let table = web::routes::table();
    let posts = table.listed.iter().filter(|url| {
        url.methods.contains("POST") && !url.by_link && !matches!(url.access, Access::Staff(_))
    });
    posts
        .map(|url| {
            url.pattern
                .replace(":id", "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11")
                .replace(":token", &"A".repeat(43))
        })
        .collect()
}

#[tokio::test]
async fn no_address_takes_a_form_without_its_token() {
    let shop = Shop::open().await;
    let (mira, noor) = (shop.customer("mira@example.org").await, shop.customer("noor@example.org").await);
    let before = shop.rows().await;
    let noors = noor.csrf("/generations/new").await;
    assert!(posts().len() >= 8);
    for path in posts() {
        for token in ["", "forged", noors.as_str()] {
            let answer = mira.post(&path, &wish(token, "A fox")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {token:?}");
            assert!(answer.text.contains("This page was open for too long"), "{path}: {}", answer.text);
        }
        let answer = shop.browser().post(&path, &wish(&noors, "A fox")).await;
        let refused = matches!(answer.status, StatusCode::FORBIDDEN | StatusCode::SEE_OTHER);
        assert!(refused, "{path} without a session: {}", answer.status);
    }
    assert_eq!(shop.rows().await, before);
}

#[test]
fn two_addresses_alone_take_a_request_without_a_form_of_ours() {
    let table = web::routes::table();
    let open: Vec<_> = table.listed.iter().filter(|url| url.by_link).map(|url| url.pattern).collect();
    assert_eq!(open, ["/mail-preferences/:token", "/hooks/stripe"], "a new one is a hole: see Methods");
}

#[tokio::test]
async fn a_forged_session_is_no_session() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let before = shop.rows().await;
    for forged in ["", "x", &"A".repeat(43), &"A".repeat(4_000), "%00", "..\\"] {
        let browser = shop.browser();
        browser.set_cookie("sid", forged);
        let answer = browser.post("/generations", &wish(&csrf, "A fox")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{forged:.50}");
        assert_eq!(browser.get("/generations").await.status, StatusCode::SEE_OTHER, "{forged:.50}");
        assert_eq!(browser.get("/gallery").await.status, StatusCode::OK, "{forged:.50}");
    }
    assert_eq!(shop.rows().await, before);
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new").await;
    let here = shop.base.clone();
    for (site, origin, status) in [
        (Some("cross-site"), None, StatusCode::FORBIDDEN),
        (Some("same-site"), None, StatusCode::FORBIDDEN),
        (None, Some("http://evil.example"), StatusCode::FORBIDDEN),
        (None, Some("https://shop.example:8080"), StatusCode::FORBIDDEN),
        (None, Some("null"), StatusCode::FORBIDDEN),
        (Some("same-origin"), Some("http://shop.example:8080"), StatusCode::SEE_OTHER),
        (Some("none"), None, StatusCode::SEE_OTHER),
        (None, None, StatusCode::SEE_OTHER),
        // In development the shop is also what the browser calls it.
        (None, Some(here.as_str()), StatusCode::SEE_OTHER),
    ] {
        let mut request = mira.request(Method::POST, "/generations").form(&wish(&csrf, "A fox"));
        if let Some(site) = site {
            request = request.header("sec-fetch-site", site);
        }
        if let Some(origin) = origin {
            request = request.header(ORIGIN, origin);
        }
        assert_eq!(mira.send(request).await.status, status, "{site:?} {origin:?}");
    }
}

#[tokio::test]
async fn in_production_only_the_public_origin_is_ours() {
    let shop = Shop::open_with(|config| {
        config.app_env = web::config::AppEnv::Production;
        config.public_url = "https://shop.example".parse().expect("a URL");
        config.s3_endpoint = "https://storage.example".parse().expect("a URL");
    })
    .await;
    let browser = shop.browser();
    let csrf = browser.csrf("/sign-up").await;
    for (origin, status) in
        [(shop.base.as_str(), StatusCode::FORBIDDEN), ("https://shop.example", StatusCode::SEE_OTHER)]
    {
        let fields = [("csrf", csrf.as_str()), ("email", "mira@example.org"), ("password", PASSWORD)];
        let request = browser.request(Method::POST, "/sign-up").header(ORIGIN, origin).form(&fields);
        assert_eq!(browser.send(request).await.status, status, "{origin}");
    }
}

#[tokio::test]
async fn only_forms_are_read() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    for (path, media_type) in [
        ("/generations", ""),
        ("/generations", "application/json"),
        ("/generations", "multipart/form-data"),
        ("/generations", "multipart/form-data; boundary=x"),
        ("/generations", "text/plain"),
        // Files come with one form alone.
        ("/sign-in", "multipart/form-data; boundary=x"),
    ] {
        let request = mira.request(Method::POST, path).header(CONTENT_TYPE, media_type).body("{}");
        let answer = mira.send(request).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path} {media_type}");
        assert!(answer.text.contains("not a form of one of our pages"), "{}", answer.text);
    }
}
