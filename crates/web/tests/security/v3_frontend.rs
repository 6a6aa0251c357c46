//! V3: what browsers are told, and that no other site makes them act for its visitors.

use reqwest::{Method, header::ORIGIN};

use crate::{
    matrix::{Who, World},
    sources::files,
    support::{Answer, Browser, PASSWORD, Shop},
};

async fn through_tls() -> Shop {
    Shop::open_with(|config| config.public_url = "https://shop.example".parse().expect("a URL")).await
}

/// One answer of every kind.
async fn answers(shop: &Shop) -> Vec<(String, Answer)> {
    let browser = shop.browser();
    let home = browser.get("/").await;
    let from = home.text.find("/assets/app.").expect("a style sheet");
    let asset = home.text[from..].split('"').next().expect("an address").to_owned();
    let mut answers = vec![("GET /".to_owned(), home)];
    for path in [
        "/gallery",
        "/sign-in",
        "/sign-up",
        "/generations",
        "/nowhere",
        "/healthz",
        "/readyz",
        "/robots.txt",
        &asset,
    ] {
        answers.push((format!("GET {path}"), browser.get(path).await));
    }
    let csrf = browser.csrf("/sign-in").await;
    for (name, fields) in [
        ("no token", vec![("email", "x")]),
        ("no pair", vec![("csrf", csrf.as_str()), ("email", "a@example.org"), ("password", "x")]),
        ("a changed next", vec![("csrf", csrf.as_str()), ("next", "//evil.example")]),
    ] {
        answers.push((format!("POST /sign-in with {name}"), post(&browser, "/sign-in", &fields).await));
    }
    let other = [
        ("DELETE /", browser.request(Method::DELETE, "/")),
        (
            "JSON",
            browser.request(Method::POST, "/sign-in").header("content-type", "application/json").body("{}"),
        ),
        ("another host", browser.request(Method::GET, "/").header("host", "evil.example")),
        (
            "another site",
            browser
                .request(Method::POST, "/sign-in")
                .header(ORIGIN, "https://evil.example")
                .form(&[("a", "b")]),
        ),
        ("too much", browser.request(Method::POST, "/sign-in").form(&[("a", "b".repeat(100_000))])),
    ];
    for (name, request) in other {
        answers.push((name.to_owned(), browser.send(request).await));
    }
    sqlx::query("drop table images cascade").execute(shop.db()).await.expect("gone");
    answers.push(("a broken page".to_owned(), browser.get("/gallery").await));
    let mut seen: Vec<u16> = answers.iter().map(|(_, answer)| answer.status.as_u16()).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [200, 303, 403, 404, 405, 413, 415, 421, 422, 500]);
    answers
}

/// Sends a form as a browser does that reached the shop through TLS.
async fn post(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    browser
        .send(browser.request(Method::POST, path).header("sec-fetch-site", "same-origin").form(fields))
        .await
}

#[tokio::test]
async fn v3_2_1_a_picture_is_never_taken_for_a_page() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    let (_, image) = shop.drawn("mira@example.org", "a fox").await;
    for path in ["staged", "download"] {
        let answer = mira.get(&format!("/images/{image}/{path}")).await;
        assert_eq!(answer.header("content-type"), "image/png", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(answer.header("content-security-policy").contains("default-src 'self'"), "{path}");
        assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin", "{path}");
    }
    let download = mira.get(&format!("/images/{image}/download")).await;
    assert!(download.header("content-disposition").starts_with("attachment; filename="), "{download:?}");
}

#[test]
fn v3_2_2_scripts_show_text_as_text() {
    for (path, text) in files("assets", "app.js") {
        for word in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "createContextualFragment"]
        {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

#[tokio::test]
async fn v3_3_1_every_cookie_is_for_this_host_through_tls() {
    let shop = through_tls().await;
    shop.member("mira@example.org").await;
    let hash = web::passwords::Passwords::new().hash(PASSWORD.to_owned()).await.expect("a hash");
    sqlx::query("update accounts set password_hash = $1").bind(hash).execute(shop.db()).await.expect("set");
    let browser = shop.browser();
    let mut cookies = Vec::new();
    let mut keep =
        |answer: &Answer| cookies.extend(answer.set_cookies().iter().map(|cookie| (*cookie).to_owned()));
    let door = browser.get("/sign-in").await;
    keep(&door);
    let csrf = door.csrf();
    let entered =
        post(&browser, "/sign-in", &[("csrf", &csrf), ("email", "mira@example.org"), ("password", PASSWORD)])
            .await;
    keep(&entered);
    let csrf = browser.csrf("/gallery").await;
    keep(&post(&browser, "/sign-out", &[("csrf", &csrf)]).await);
    keep(&browser.get("/").await);
    let names: std::collections::BTreeSet<_> =
        cookies.iter().filter_map(|cookie| cookie.split('=').next()).collect();
    assert!(
        ["__Host-sid", "__Host-flash", "__Host-known"].iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    for cookie in &cookies {
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        // 3.3.2 and 3.3.4 of level 2 as well: no script reads them, no other site sends them with a form.
        for attribute in ["; Secure", "; Path=/", "; HttpOnly", "; SameSite=Lax", "; Max-Age="] {
            assert!(cookie.contains(attribute), "{cookie} lacks {attribute}");
        }
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn v3_4_1_every_answer_asks_browsers_to_insist_on_tls() {
    for (name, answer) in answers(&through_tls().await).await {
        let policy = answer.header("strict-transport-security");
        assert_eq!(policy, "max-age=31536000; includeSubDomains", "{name}");
    }
}

#[tokio::test]
async fn v3_4_2_no_answer_is_for_other_origins() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    for path in ["/", "/gallery", "/generations", "/sign-in", "/healthz", "/robots.txt"] {
        for origin in ["https://evil.example", "null", "http://shop.example:8080"] {
            let answer =
                mira.browser.send(mira.browser.request(Method::GET, path).header(ORIGIN, origin)).await;
            assert!(
                !answer.headers.keys().any(|name| name.as_str().starts_with("access-control-")),
                "{path} {origin}"
            );
        }
    }
}

#[tokio::test]
async fn v3_4_3_every_answer_has_a_policy_without_exceptions() {
    for (name, answer) in answers(&through_tls().await).await {
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'"] {
            assert!(policy.contains(part), "{name}: {policy}");
        }
        assert!(
            !policy.contains("unsafe-") && !policy.contains('*') && !policy.contains("data:"),
            "{name}: {policy}"
        );
    }
}

#[tokio::test]
async fn v3_4_4_to_8_every_answer_has_the_other_headers() {
    for (name, answer) in answers(&through_tls().await).await {
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{name}: 3.4.4");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{name}: 3.4.5");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{name}: 3.4.6");
        assert_eq!(answer.header("cross-origin-opener-policy"), "same-origin", "{name}: 3.4.8");
    }
}

#[tokio::test]
async fn v3_5_3_reading_changes_nothing() {
    let world = World::open().await;
    let (mira, owner) = (world.arrive(Who::Customer).await, world.arrive(Who::Owner).await);
    let before = world.everything().await;
    for url in web::routes::table().listed {
        let path = world.path(url.pattern);
        // With the fields of a form in the address, which nobody must take for one.
        for query in
            ["", "?visibility=published&email=x@example.org&password=x&csrf=x&prompt=x&role=owner&reason=x"]
        {
            for member in [&mira, &owner] {
                member.get(&format!("{path}{query}")).await;
            }
        }
    }
    assert_eq!(world.everything().await, before);
}
