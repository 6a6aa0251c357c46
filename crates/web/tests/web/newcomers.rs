//! From signing up to a verified address.

use reqwest::{StatusCode, header::SET_COOKIE};
use shop::mails::MailKind::VerifyEmail;

use crate::support::{Answer, Browser, PASSWORD, Shop, wish};

const EMAIL: &str = "mira@example.org";

/// Signs up in a browser of its own.
async fn sign_up(shop: &Shop, email: &str, next: &str) -> (Browser, Answer) {
    let browser = shop.browser();
    let csrf = browser.csrf("/sign-up").await;
    let fields = [("csrf", csrf.as_str()), ("email", email), ("password", PASSWORD), ("next", next)];
    let answer = browser.post("/sign-up", &fields).await;
    (browser, answer)
}

/// An answer without what differs from request to request.
fn alike(answer: &Answer) -> String {
    let mut headers = answer.headers.clone();
    headers.remove("x-request-id");
    headers.remove("date");
    let cookies = headers.remove(SET_COOKIE);
    let names = answer
        .set_cookies()
        .iter()
        .map(|cookie| cookie.split('=').next().unwrap_or_default().to_owned())
        .collect::<Vec<_>>();
    format!("{} {headers:?} {} {names:?} {}", answer.status, cookies.is_some(), answer.text)
}

async fn is_verified(shop: &Shop) -> bool {
    sqlx::query_scalar("select bool_and(email_verified_at is not null) from accounts")
        .fetch_one(shop.db())
        .await
        .expect("accounts")
}

#[tokio::test]
async fn a_link_opened_where_one_signed_up_is_enough_and_leads_on() {
    let shop = Shop::open().await;
    let (browser, answer) = sign_up(&shop, " Mira@Example.org ", "/generations/new?prompt=fox").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    assert_eq!(answer.location(), "/sign-up/sent?next=%2Fgenerations%2Fnew%3Fprompt%3Dfox");
    assert_eq!(shop.rows().await[1], 0, "nobody is signed in yet");
    let sent = browser.get(answer.location()).await;
    assert!(sent.text.contains("to <strong>Mira@Example.org</strong>"), "{}", sent.text);
    let hash: String = sqlx::query_scalar("select password_hash from accounts")
        .fetch_one(shop.db())
        .await
        .expect("an account");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");

    let link = shop.link("Mira@Example.org", VerifyEmail).await;
    let before = browser.cookie("sid");
    let page = browser.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("name=\"password\""), "{}", page.text);
    assert!(!is_verified(&shop).await, "opening a link does nothing: programs do that too");
    let answer = browser.post(&link, &[("csrf", &page.csrf())]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations/new?prompt=fox"));
    assert!(is_verified(&shop).await);
    assert_ne!(browser.cookie("sid"), before, "a fresh value");
    let create = browser.get(answer.location()).await;
    assert!(create.text.contains("Your e-mail address is confirmed"), "{}", create.text);
    assert!(create.text.contains("fox</textarea>"));
    assert!(!create.text.contains("Please confirm your e-mail address"));

    let again = browser.get(&link).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.text.contains("confirmed already"), "{}", again.text);
}

#[tokio::test]
async fn in_another_browser_the_link_asks_for_the_password() {
    let shop = Shop::open().await;
    sign_up(&shop, EMAIL, "").await;
    let link = shop.link(EMAIL, VerifyEmail).await;
    let phone = shop.browser();
    let page = phone.get(&link).await;
    assert!(page.text.contains("name=\"password\""), "{}", page.text);
    let csrf = page.csrf();
    for password in ["", "a wrong password"] {
        let answer = phone.post(&link, &[("csrf", &csrf), ("password", password)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.text.contains("not the password of your account"), "{}", answer.text);
        assert!(!is_verified(&shop).await);
    }
    let answer = phone.post(&link, &[("csrf", &csrf), ("password", PASSWORD)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/generations/new"));
    assert!(is_verified(&shop).await);
    assert_eq!(phone.get("/generations").await.status, StatusCode::OK);
}

#[tokio::test]
async fn nobody_confirms_an_account_that_a_stranger_opened_with_their_address() {
    let shop = Shop::open().await;
    sign_up(&shop, EMAIL, "").await;
    // The owner of the address signs up too, and then asks for the mail again.
    let (owner, _) = sign_up(&shop, EMAIL, "").await;
    let csrf = owner.csrf("/sign-up/sent").await;
    owner.post("/verifications", &[("csrf", &csrf), ("email", EMAIL)]).await;
    assert_eq!(shop.mails(EMAIL).await, ["verify_email", "account_exists", "verify_email"]);
    for _ in 0..2 {
        let page = owner.get(&shop.link(EMAIL, VerifyEmail).await).await;
        assert!(page.text.contains("name=\"password\""), "{}", page.text);
    }
}

#[tokio::test]
async fn a_known_and_an_unknown_address_are_answered_alike() {
    let shop = Shop::open().await;
    shop.customer(EMAIL).await;
    let before = shop.rows().await;
    let (_, known) = sign_up(&shop, "MIRA@example.org", "/gallery").await;
    let (_, unknown) = sign_up(&shop, "noor@example.org", "/gallery").await;
    assert_eq!(alike(&known), alike(&unknown));
    assert_eq!(shop.rows().await[0], before[0] + 1);
    assert_eq!(shop.mails(EMAIL).await, ["account_exists"]);
    assert_eq!(shop.mails("noor@example.org").await, ["verify_email"]);

    let browser = shop.browser();
    let csrf = browser.csrf("/sign-up/sent").await;
    let mut answers = Vec::new();
    for email in ["noor@example.org", EMAIL, "nobody@example.org"] {
        answers.push(browser.post("/verifications", &[("csrf", &csrf), ("email", email)]).await);
    }
    assert!(answers.iter().all(|answer| alike(answer) == alike(&answers[0])), "{answers:?}");
    assert_eq!(answers[0].location(), "/sign-up/sent");
    assert_eq!(shop.mails(EMAIL).await, ["account_exists"], "there is nothing to verify");
    assert_eq!(shop.mails("noor@example.org").await, ["verify_email", "verify_email"]);
    assert_eq!(shop.mails("nobody@example.org").await, Vec::<String>::new());
}

#[tokio::test]
async fn the_answer_takes_as_long_for_either() {
    let shop = Shop::open().await;
    shop.customer(EMAIL).await;
    let browser = shop.browser();
    let csrf = browser.csrf("/password-resets/new").await;
    for path in ["/password-resets", "/verifications"] {
        for email in [EMAIL, "nobody@example.org"] {
            let began = std::time::Instant::now();
            browser.post(path, &[("csrf", &csrf), ("email", email)]).await;
            assert!(began.elapsed().as_millis() >= 250, "{path} {email}: {:?}", began.elapsed());
        }
    }
}

#[tokio::test]
async fn without_a_verified_address_one_looks_around_and_the_sentence_is_kept() {
    let shop = Shop::open().await;
    let mira = shop.newcomer(EMAIL).await;
    let form = mira.get("/generations/new").await;
    assert!(form.text.contains("Please confirm your e-mail address"), "{}", form.text);
    let csrf = form.csrf();
    let answer = mira.post("/generations", &wish(&csrf, "A fox & a hare")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.text.contains("A fox &amp; a hare</p>"), "{}", answer.text);
    assert_eq!(shop.rows().await[2], 0);
    let next = "/generations/new?prompt=A+fox+%26+a+hare";
    let answer = mira.post("/verifications", &[("csrf", &csrf), ("next", next)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, next));
    let form = mira.get(next).await;
    assert!(form.text.contains("We sent the link once more"), "{}", form.text);
    assert!(form.text.contains("A fox &amp; a hare</textarea>"), "{}", form.text);

    // Who is signed in needs no password, whichever browser it is.
    let link = shop.link(EMAIL, VerifyEmail).await;
    let page = mira.get(&link).await;
    assert!(!page.text.contains("name=\"password\""), "{}", page.text);
    assert_eq!(mira.post(&link, &[("csrf", &page.csrf())]).await.location(), next);
    let csrf = mira.csrf("/generations/new").await;
    assert_eq!(mira.post("/generations", &wish(&csrf, "A fox")).await.status, StatusCode::SEE_OTHER);
    let answer = mira.post("/verifications", &[("csrf", &csrf)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/account"));
    assert!(mira.get("/account").await.text.contains("There was nothing to change"));
}

#[tokio::test]
async fn links_that_are_old_broken_or_used_say_what_to_do() {
    let shop = Shop::open().await;
    let (browser, _) = sign_up(&shop, EMAIL, "").await;
    let link = shop.link(EMAIL, VerifyEmail).await;
    let csrf = browser.get(&link).await.csrf();
    sqlx::query("update account_tokens set expires_at = now()").execute(shop.db()).await.expect("old");
    let cut = &link[..link.len() - 1];
    for path in [link.as_str(), cut, "/verifications/x", &format!("/verifications/{}", "A".repeat(43))] {
        for answer in [browser.get(path).await, browser.post(path, &[("csrf", &csrf)]).await] {
            assert_eq!(answer.status, StatusCode::GONE, "{path}");
            assert!(answer.text.contains("href=\"/sign-up/sent\""), "{}", answer.text);
            assert_eq!(answer.header("cache-control"), "no-store");
        }
    }
    assert!(!is_verified(&shop).await);
}

#[tokio::test]
async fn two_presses_at_once_verify_once() {
    let shop = Shop::open().await;
    let (browser, _) = sign_up(&shop, EMAIL, "").await;
    let link = shop.link(EMAIL, VerifyEmail).await;
    let csrf = browser.get(&link).await.csrf();
    let form = [("csrf", csrf.as_str())];
    let (one, two) = tokio::join!(browser.post(&link, &form), browser.post(&link, &form));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410]);
}
