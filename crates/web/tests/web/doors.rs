//! Signing up, in and out.

use reqwest::StatusCode;

use crate::support::{PASSWORD, Shop};

#[tokio::test]
async fn signing_in_begins_under_a_new_value() {
    let shop = Shop::open().await;
    shop.customer("Mira@Example.org").await;
    let browser = shop.browser();
    let form = browser.get("/sign-in?next=/generations/new?prompt=fox").await;
    let before = browser.cookie("sid").expect("a session to tie the form to");
    assert_eq!(shop.rows().await[1], 1, "no row for a visitor who only looks");
    let fields = [
        ("csrf", form.csrf()),
        ("email", " mira@example.org ".to_owned()),
        ("password", PASSWORD.to_owned()),
        ("next", "/generations/new?prompt=fox".to_owned()),
    ];
    let answer =
        browser.post("/sign-in", &fields.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations/new?prompt=fox"));
    assert_ne!(browser.cookie("sid"), Some(before.clone()), "the value is new");
    let cookie = answer.set_cookies()[0].to_owned();
    for attribute in ["; Max-Age=5184000", "; Path=/", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    assert!(browser.get("/generations/new").await.text.contains("Mira@Example.org"));

    // Whoever knew the value from before is nobody.
    let thief = shop.browser();
    thief.set_cookie("sid", &before);
    assert_eq!(thief.get("/generations").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_planted_session_value_is_never_signed_in() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let planted = shop.browser();
    let csrf = planted.csrf("/sign-in").await;
    let before = planted.cookie("sid").expect("a session");
    let answer = planted
        .post("/sign-in", &[("csrf", &csrf), ("email", "MIRA@example.org"), ("password", PASSWORD)])
        .await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations"));
    let first = planted.cookie("sid").expect("a session");
    assert_ne!(first, before);
    // Signing in again, in the same browser, ends the session that was there.
    let csrf = planted.csrf("/generations/new").await;
    planted.post("/sign-in", &[("csrf", &csrf), ("email", "mira@example.org"), ("password", PASSWORD)]).await;
    assert_ne!(planted.cookie("sid"), Some(first.clone()));
    planted.set_cookie("sid", &first);
    assert_eq!(planted.get("/generations").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_address_are_told_alike() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let browser = shop.browser();
    let csrf = browser.csrf("/sign-in").await;
    let mut texts = Vec::new();
    for (email, password) in [
        ("mira@example.org", "a wrong password"),
        ("nobody@example.org", PASSWORD),
        ("no\0body@example.org", PASSWORD),
        ("", ""),
    ] {
        let answer = browser
            .post(
                "/sign-in",
                &[("csrf", &csrf), ("email", email), ("password", password), ("next", "/gallery")],
            )
            .await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("do not belong together"), "{}", answer.text);
        assert!(answer.text.contains("value=\"/gallery\""), "the way on is kept");
        texts.push(answer.text.len() - email.len());
    }
    assert!(texts[..2].iter().all(|length| *length == texts[0]), "{texts:?}");
    assert_eq!(shop.rows().await[1], 1, "no session began");
}

#[tokio::test]
async fn a_form_that_is_wrong_comes_back_filled_in() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let browser = shop.browser();
    let csrf = browser.csrf("/sign-up").await;
    let too_long = "x".repeat(1_025);
    for (email, password, words) in [
        ("mira", PASSWORD, "does not look like an e-mail address"),
        ("a\0b@example.org", PASSWORD, "does not look like an e-mail address"),
        ("new@example.org", "short", "at least 8 characters"),
        ("new@example.org", too_long.as_str(), "longer than 1024 bytes"),
    ] {
        let answer =
            browser.post("/sign-up", &[("csrf", &csrf), ("email", email), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(answer.text.contains(words), "{email}: {}", answer.text);
        assert!(answer.text.contains(&format!("value=\"{email}\"")), "{email} is kept");
        assert!(!answer.text.contains(password) || password == "short", "the password is not");
    }
    assert_eq!(shop.rows().await[0], 1);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let value = mira.cookie("sid").expect("a session");
    let csrf = mira.csrf("/gallery").await;
    let answer = mira.post("/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
    assert!(
        answer.set_cookies().iter().any(|cookie| cookie.starts_with("sid=; Max-Age=0; Path=/; HttpOnly")),
        "{answer:?}"
    );
    assert_eq!(mira.cookie("sid"), None);
    assert!(mira.get("/").await.text.contains("You are signed out"));
    assert!(!mira.get("/").await.text.contains("You are signed out"), "it is said once");
    mira.set_cookie("sid", &value);
    assert_eq!(mira.get("/generations").await.status, StatusCode::SEE_OTHER);
    assert_eq!(shop.rows().await[1], 0);
}

#[tokio::test]
async fn one_goes_on_to_pages_of_this_shop_only() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    for (next, to) in [
        ("/gallery", "/gallery"),
        ("//evil.example", "/generations"),
        ("/\\evil.example", "/generations"),
        ("https://evil.example", "/generations"),
        ("/\t/evil.example", "/generations"),
    ] {
        let browser = shop.browser();
        let csrf = browser.csrf("/sign-in").await;
        let fields =
            [("csrf", csrf.as_str()), ("email", "mira@example.org"), ("password", PASSWORD), ("next", next)];
        let answer = browser.post("/sign-in", &fields).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, to), "{next}");
        let query: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        assert_eq!(
            browser.get(&format!("/sign-in?next={query}")).await.location(),
            to,
            "{next}, signed in already"
        );
    }
}

#[tokio::test]
async fn a_session_ends_by_time() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    assert_eq!(mira.get("/generations").await.status, StatusCode::OK);
    sqlx::query("update sessions set last_seen_at = now() - interval '15 days'")
        .execute(shop.db())
        .await
        .expect("done");
    assert_eq!(mira.get("/generations").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn through_tls_cookies_are_for_this_host_alone() {
    let shop =
        Shop::open_with(|config| config.public_url = "https://shop.example".parse().expect("a URL")).await;
    let answer = shop.browser().get("/sign-in").await;
    let cookies = answer.set_cookies();
    assert!(
        cookies[0].starts_with("__Host-sid=")
            && cookies[0].ends_with("; Path=/; HttpOnly; SameSite=Lax; Secure"),
        "{cookies:?}"
    );
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000; includeSubDomains");
}
