//! Signing in with one-time codes, setting them up, proving again to be there.

use reqwest::StatusCode;
use shop::{Cause, accounts::Role};
use web::{admission::Access, one_time_codes::Secret, routes::Listed};

use crate::support::{Answer, Browser, PASSWORD, Shop};

const PAGE: &str = "/account/second-factor";

/// The secret that a page shows in groups of four.
fn shown_secret(answer: &Answer) -> Secret {
    let groups = answer.text.split("class=\"secret-groups\">").nth(1).expect("groups").split("</p>").next();
    let text = groups.expect("an end").replace("<code>", "").replace("</code>", "").replace(' ', "");
    Secret::from_base32(&text).unwrap_or_else(|| panic!("no secret: {text}"))
}

fn shown_codes(answer: &Answer) -> Vec<String> {
    let list = answer.text.split("aria-label=\"Recovery codes\">").nth(1).expect("a list");
    list.split("</pre>").next().expect("an end").lines().map(str::to_owned).collect()
}

async fn set_up(browser: &Browser) -> (Secret, Answer) {
    let csrf = browser.csrf(PAGE).await;
    let answer = browser.post(PAGE, &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account/second-factor#setup"));
    let secret = shown_secret(&browser.get(PAGE).await);
    let code = secret.code(Cause::now(None).at).expect("a code");
    let answer =
        browser.post(&format!("{PAGE}/confirmation"), &[("csrf", &csrf), ("first_code", &code)]).await;
    (secret, answer)
}

#[tokio::test]
async fn codes_are_set_up_and_asked_for_from_then_on() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let elsewhere = shop.browser();
    elsewhere.sign_in("mira@example.org", "").await;
    assert!(mira.get(PAGE).await.text.contains("Set up one-time codes"));
    let (secret, answer) = set_up(&mira).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.header("cache-control"), "no-store");
    let codes = shown_codes(&answer);
    assert_eq!(codes.len(), 10);
    let page = mira.get(PAGE).await;
    assert!(page.text.contains("10 are left") && !page.text.contains("secret-groups"), "{}", page.text);
    assert!(!page.text.contains(&codes[0]), "they are shown once");
    assert_eq!(elsewhere.get("/generations").await.location(), "/sign-in?next=%2Fgenerations");
    let stored: Vec<u8> = sqlx::query_scalar("select sealed_secret from second_factors")
        .fetch_one(shop.db())
        .await
        .expect("read");
    assert!(shop.secret("mira@example.org").await == secret && stored.len() == 1 + 12 + 20 + 16);

    // With the password alone one is nobody, and comes to the code from wherever one was going.
    let browser = shop.browser();
    let answer = browser.sign_in("mira@example.org", "/gallery?after=1").await;
    assert_eq!(answer.location(), "/second-factor?next=%2Fgallery%3Fafter%3D1");
    let before = browser.cookie("sid").expect("a session");
    assert_eq!(browser.get("/sign-in?next=/gallery").await.location(), "/second-factor?next=%2Fgallery");
    let code = shop.code("mira@example.org", &secret).await;
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let answer = browser.give_code(&spaced, "/gallery?after=1").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/gallery?after=1"));
    assert_ne!(browser.cookie("sid"), Some(before.clone()), "the session's value is new");
    assert_eq!(browser.get("/generations").await.status, StatusCode::OK);
    let thief = shop.browser();
    thief.set_cookie("sid", &before);
    assert_eq!(thief.get("/generations").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get("/second-factor?next=//evil.example").await.location(), "/generations");

    // The same code lets nobody else in, nor does one of another account or none at all.
    let late = shop.browser();
    late.sign_in("mira@example.org", "").await;
    let mut texts = Vec::new();
    for wrong in [code.as_str(), "000000", "nonsense"] {
        let answer = late.give_code(wrong, "").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        texts.push(answer.text.replace(answer.header("x-request-id"), ""));
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "one does not learn which");
}

#[tokio::test]
async fn a_recovery_code_lets_in_once() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let codes = shown_codes(&set_up(&mira).await.1);
    let browser = shop.browser();
    browser.sign_in("mira@example.org", "/gallery").await;
    let answer = browser.give_code(&codes[3].to_lowercase().replace('-', " "), "/gallery").await;
    assert_eq!(answer.location(), PAGE, "where another authenticator is set up");
    let page = browser.get(PAGE).await;
    assert!(
        page.text.contains("recovery code is used up") && page.text.contains("9 are left"),
        "{}",
        page.text
    );
    let again = shop.browser();
    again.sign_in("mira@example.org", "").await;
    assert_eq!(again.give_code(&codes[3], "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(again.give_code(&codes[4], "").await.status, StatusCode::SEE_OTHER);

    let csrf = browser.csrf(PAGE).await;
    let renewed = shown_codes(&browser.post(&format!("{PAGE}/recovery-codes"), &[("csrf", &csrf)]).await);
    assert!(renewed.len() == 10 && !renewed.contains(&codes[5]));
    let last = shop.browser();
    last.sign_in("mira@example.org", "").await;
    assert_eq!(last.give_code(&codes[5], "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "from before");
    assert_eq!(last.give_code(&renewed[5], "").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn after_five_wrong_codes_the_session_is_over() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let secret = shop.with_second_factor("mira@example.org").await;
    let browser = shop.browser();
    browser.sign_in("mira@example.org", "").await;
    let value = browser.cookie("sid").expect("a session");
    for _ in 0..4 {
        assert_eq!(browser.give_code("000000", "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = browser.give_code("000000", "").await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in"));
    assert!(browser.get("/sign-in").await.text.contains("too many wrong codes"));
    browser.set_cookie("sid", &value);
    assert_eq!(browser.get("/second-factor").await.location(), "/sign-in?next=%2Fgenerations", "it is over");

    // A right code in between gives the tries back.
    let browser = shop.browser();
    browser.sign_in("mira@example.org", "").await;
    browser.give_code("000000", "").await;
    let answer = browser.give_code(&shop.code("mira@example.org", &secret).await, "").await;
    assert_eq!(answer.location(), "/generations");
    let tries: i16 =
        sqlx::query_scalar("select max(code_tries) from sessions").fetch_one(shop.db()).await.expect("read");
    assert_eq!(tries, 0);
}

#[tokio::test]
async fn guesses_at_an_account_are_limited_in_all_its_sessions_together() {
    let shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    let secret = shop.with_second_factor("mira@example.org").await;
    let mut last = shop.browser();
    for guess in 0..10 {
        if guess % 4 == 0 {
            last = shop.browser();
            last.sign_in("mira@example.org", "").await;
        }
        assert_eq!(last.give_code("000000", "").await.status, StatusCode::UNPROCESSABLE_ENTITY, "{guess}");
    }
    let right = shop.code("mira@example.org", &secret).await;
    let answer = last.give_code(&right, "").await;
    assert_eq!((answer.status, answer.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "60"));
    assert!(answer.text.contains("too many attempts"), "{}", answer.text);
    sqlx::query("update throttles set free_at = free_at - interval '1 minute'")
        .execute(shop.db())
        .await
        .expect("later");
    assert_eq!(last.give_code(&right, "").await.status, StatusCode::SEE_OTHER, "the code was not used up");
}

#[tokio::test]
async fn whose_code_is_due_sees_nothing_of_anybody() {
    let shop = Shop::open().await;
    shop.hire("owner@example.org", Role::Owner).await;
    shop.with_second_factor("owner@example.org").await;
    let (generation, image) = shop.stored("owner@example.org", "Her fox").await;
    let browser = shop.browser();
    browser.sign_in("owner@example.org", "").await;
    let csrf = browser.csrf("/second-factor").await;
    let mut asked = 0;
    for Listed { pattern, access, methods } in web::routes::table().listed {
        if access == Access::Anybody {
            continue;
        }
        let id = if pattern.starts_with("/images") { image.0 } else { generation.0 };
        let path = pattern.replace(":id", &id.to_string());
        for method in ["GET", "POST"].iter().filter(|method| methods.contains(**method)) {
            let answer = if *method == "GET" {
                browser.get(&path).await
            } else {
                browser.post(&path, &[("csrf", &csrf)]).await
            };
            // A script is told, not led.
            if answer.status == StatusCode::UNAUTHORIZED && access == Access::MemberByPage {
                continue;
            }
            assert_eq!(answer.status, StatusCode::SEE_OTHER, "{method} {path}");
            assert!(
                answer.location().starts_with("/sign-in?next="),
                "{method} {path}: {}",
                answer.location()
            );
            asked += 1;
        }
    }
    assert!(asked > 15, "{asked}");
    assert_eq!(
        browser.get(&format!("/images/{image}")).await.status,
        StatusCode::NOT_FOUND,
        "a private picture"
    );
    let page = browser.get("/gallery").await;
    assert!(
        !page.text.contains("owner@example.org") && page.text.contains("Sign up"),
        "the header says nobody"
    );
    // The way out is open.
    let answer = browser.post("/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!(answer.location(), "/");
    assert!(!browser.get("/sign-in").await.text.is_empty());
}

#[tokio::test]
async fn how_one_gets_in_is_changed_by_whoever_was_there_a_moment_ago() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf(PAGE).await;
    mira.post(PAGE, &[("csrf", &csrf)]).await;
    assert!(mira.get(PAGE).await.text.contains("secret-groups"));
    shop.nobody_confirmed_for(11).await;
    assert!(!mira.get(PAGE).await.text.contains("secret-groups"), "a secret is not left open on the screen");
    for action in ["", "/confirmation", "/recovery-codes"] {
        let answer =
            mira.post(&format!("{PAGE}{action}"), &[("csrf", &csrf), ("first_code", "000000")]).await;
        assert_eq!(answer.location(), "/confirmation?next=%2Faccount%2Fsecond-factor", "{action}");
    }
    // Without codes, the password confirms.
    let page = mira.get("/confirmation?next=/account/second-factor").await;
    assert!(page.text.contains("name=\"password\"") && !page.text.contains("name=\"code\""), "{}", page.text);
    let confirm = async |password: &str, next: &str| {
        mira.post("/confirmation", &[("csrf", &csrf), ("password", password), ("next", next)]).await
    };
    let wrong = confirm("a wrong password", PAGE).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.text.contains(&format!("value=\"{PAGE}\"")), "the way on is kept");
    assert_eq!(confirm(PASSWORD, "//evil.example").await.location(), "/");
    assert_eq!(confirm(PASSWORD, PAGE).await.location(), PAGE);
    assert!(mira.get(PAGE).await.text.contains("secret-groups"));
    assert_eq!(
        mira.post(&format!("{PAGE}/confirmation"), &[("csrf", &csrf), ("first_code", "000000")]).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn guesses_at_the_password_of_an_open_session_are_limited() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let csrf = mira.csrf(PAGE).await;
    let confirm =
        async |password| mira.post("/confirmation", &[("csrf", &csrf), ("password", password)]).await.status;
    for _ in 0..10 {
        assert_eq!(confirm("a wrong password").await, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(confirm(PASSWORD).await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn customers_turn_codes_off_with_password_and_code() {
    let shop = Shop::open().await;
    let mira = shop.customer("mira@example.org").await;
    let (secret, _) = set_up(&mira).await;
    let code = shop.code("mira@example.org", &secret).await;
    let csrf = mira.csrf(PAGE).await;
    let remove = async |password: &str, code: &str| {
        let fields = [("csrf", csrf.as_str()), ("password", password), ("code", code)];
        mira.post(&format!("{PAGE}/removal"), &fields).await
    };
    assert_eq!(remove("a wrong password", &code).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(remove(PASSWORD, "000000").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(mira.get(PAGE).await.text.contains("On since"));
    assert_eq!(remove(PASSWORD, &code).await.location(), PAGE);
    let page = mira.get(PAGE).await;
    assert!(page.text.contains("turned off") && !page.text.contains("On since"), "{}", page.text);
    assert_eq!(remove(PASSWORD, &code).await.location(), PAGE, "nothing to do");
    assert_eq!(shop.browser().sign_in("mira@example.org", "").await.location(), "/generations");

    let support = shop.staff(Role::Support).await;
    assert!(!support.get(PAGE).await.text.contains("Turn off"));
    let secret = shop.secret("support@example.org").await;
    let code = shop.code("support@example.org", &secret).await;
    let csrf = support.csrf(PAGE).await;
    let fields = [("csrf", csrf.as_str()), ("password", PASSWORD), ("code", code.as_str())];
    let answer = support.post(&format!("{PAGE}/removal"), &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("works for the shop"), "{}", answer.text);
    assert!(shop.secret("support@example.org").await == secret);
}

#[tokio::test]
async fn a_secret_of_another_key_is_our_mistake_and_says_nothing() {
    let mut shop = Shop::open().await;
    shop.customer("mira@example.org").await;
    shop.with_second_factor("mira@example.org").await;
    sqlx::query("update second_factors set sealed_secret = set_byte(sealed_secret, 20, get_byte(sealed_secret, 20) # 1)")
        .execute(shop.db())
        .await
        .expect("spoiled");
    let browser = shop.browser();
    browser.sign_in("mira@example.org", "").await;
    let answer = browser.give_code("000000", "").await;
    assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!answer.text.contains("DATA_KEY"), "{}", answer.text);
    shop.close().await;
}
