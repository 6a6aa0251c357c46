//! Every answer carries our headers, and every error a page that says what to do.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use poem::{Endpoint, Request, Response};
use reqwest::{Method, StatusCode};
use shop::testing::Database;
use web::{Site, requests::Outermost};

use crate::support::{Shop, config, wish};

#[tokio::test]
async fn every_answer_carries_the_headers() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let mut answers = Vec::new();
    for (method, path, status) in [
        (Method::GET, "/", 200),
        (Method::HEAD, "/", 200),
        (Method::GET, "/gallery", 200),
        (Method::GET, "/sign-in", 200),
        (Method::GET, "/healthz", 200),
        (Method::GET, "/readyz", 200),
        (Method::GET, "/robots.txt", 200),
        (Method::GET, "/favicon.ico", 200),
        (Method::GET, "/generations", 303),
        (Method::GET, "/nowhere", 404),
        (Method::GET, "/images/not-an-id", 404),
        (Method::GET, "/assets/../Cargo.toml", 404),
        (Method::GET, "/assets/%2e%2e/Cargo.toml", 404),
        (Method::GET, "/gallery?after=nonsense", 404),
        (Method::DELETE, "/gallery", 405),
        (Method::TRACE, "/", 405),
        (Method::OPTIONS, "/sign-in", 405),
        (Method::GET, "/sign-out", 405),
        (Method::POST, "/sign-out", 415),
        (Method::POST, "/gallery", 405),
    ] {
        let answer = browser.send(browser.request(method.clone(), path)).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        answers.push((format!("{method} {path}"), answer));
    }
    sqlx::query("drop table images cascade").execute(shop.db()).await.expect("gone");
    let broken = browser.get("/gallery").await;
    assert_eq!(broken.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(broken.text.contains("Something broke on our side"));
    assert!(!broken.text.contains("relation"), "what the database said is not shown");
    assert!(broken.text.contains(broken.header("x-request-id")), "the reference is");
    answers.push(("a broken page".to_owned(), broken));

    let mut ids = std::collections::BTreeSet::new();
    for (name, answer) in &answers {
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'self'",
            "img-src 'self' http://storage.example:9000;",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("data:"), "{name}: {policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{name}");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{name}");
        assert!(answer.header("permissions-policy").contains("camera=()"), "{name}");
        assert_eq!(answer.header("strict-transport-security"), "", "{name}: not without TLS");
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "{name}: a request id of its own");
        if answer.status.is_client_error() {
            assert_eq!(answer.header("cache-control"), "no-store", "{name}");
            assert!(answer.text.contains("<h1>"), "{name}: {}", answer.text);
        }
    }
    let allow = |name: &str| {
        answers.iter().find(|(other, _)| other == name).expect("asked").1.header("allow").to_owned()
    };
    assert_eq!(allow("DELETE /gallery"), "GET, HEAD");
    assert_eq!(allow("OPTIONS /sign-in"), "GET, HEAD, POST");
    assert_eq!(allow("GET /sign-out"), "POST");
}

#[tokio::test]
async fn a_request_id_from_outside_is_not_ours() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let answer = browser.send(browser.request(Method::GET, "/").header("x-request-id", "planted")).await;
    assert_ne!(answer.header("x-request-id"), "planted");
}

#[tokio::test]
async fn a_head_is_a_get_without_its_body() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let (get, head) =
        (browser.get("/gallery").await, browser.send(browser.request(Method::HEAD, "/gallery")).await);
    assert_eq!(head.header("content-length"), get.text.len().to_string());
    assert_eq!(head.text, "");
}

#[tokio::test]
async fn without_a_database_the_shop_says_so() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    assert_eq!(browser.get("/readyz").await.status, StatusCode::OK);
    sqlx::query("drop table _sqlx_migrations").execute(shop.db()).await.expect("gone");
    assert_eq!(browser.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(browser.get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn assets_are_kept_by_browsers_for_good() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let page = browser.get("/").await.text;
    let from = page.find("/assets/app.").expect("a style sheet");
    let path = page[from..].split('"').next().expect("an address").to_owned();
    let answer = browser.send(browser.request(Method::GET, &path).header("accept-encoding", "gzip")).await;
    assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(answer.header("content-encoding"), "gzip");
    assert_eq!(answer.header("content-type"), "text/css; charset=utf-8");
    let plain = browser.get(&path).await;
    assert_eq!(plain.header("content-encoding"), "");
    let again =
        browser.send(browser.request(Method::GET, &path).header("if-none-match", plain.header("etag"))).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert_eq!(browser.get("/assets/README.md").await.status, StatusCode::NOT_FOUND);
}

/// A page with a mistake in it.
struct Panicking;

impl Endpoint for Panicking {
    type Output = Response;

    async fn call(&self, _: Request) -> poem::Result<Response> {
        panic!("the wheel came off")
    }
}

fn request(path: &str) -> Request {
    Request::builder().uri_str(path).header("host", "shop.example").finish()
}

#[tokio::test]
async fn a_panic_is_a_page_like_any_other_error() {
    let database = Database::new().await;
    let site = Site::open(config(&database.url)).await.expect("a site");
    let answer = Outermost::new(Panicking, site).get_response(request("/")).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(answer.headers().contains_key("content-security-policy"));
    let text = answer.into_body().into_string().await.expect("text");
    assert!(text.contains("Something broke on our side") && !text.contains("wheel"), "{text}");
}

#[tokio::test]
async fn a_database_out_of_reach_is_told_kindly() {
    let database = Database::new().await;
    let site = Site::open(config(&database.url)).await.expect("a site");
    site.db.close().await;
    let answer = web::app(site).get_response(request("/gallery")).await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.header("retry-after"), Some("5"));
    assert!(answer.into_body().into_string().await.expect("text").contains("We are closed for a moment"));
}

/// What all tests of this program log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("no panic").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_has_one_line_a_request_and_nothing_that_a_customer_wrote() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt().json().with_writer(move || writer.clone()).init();
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf("/generations/new?prompt=unlogged").await;
    let answer = mira.post("/generations", &wish(&csrf, "An unlogged fox")).await;
    mira.get("/nowhere/unlogged?unlogged").await;
    let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("text");
    for secret in ["unlogged", &csrf, &mira.cookie("sid").expect("a session")] {
        assert!(!log.contains(secret), "{secret} is in {log}");
    }
    let id = answer.header("x-request-id");
    let lines: Vec<_> = log.lines().filter(|line| line.contains(id)).collect();
    assert_eq!(lines.len(), 1, "{log}");
    for part in ["\"method\":\"POST\"", "\"route\":\"/generations\"", "\"status\":303", "\"ms\":"] {
        assert!(lines[0].contains(part), "{part} is not in {}", lines[0]);
    }
}
