//! What somebody changes in their account.

use reqwest::StatusCode;
use shop::mails::MailKind::ConfirmNewEmail;

use crate::support::{PASSWORD, Shop};

const EMAIL: &str = "mira@example.org";
const NEW: &str = "another lamp on the quay";

#[tokio::test]
async fn every_section_can_be_reached_from_the_header() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    assert!(mira.get("/gallery").await.text.contains("href=\"/account\""));
    let overview = mira.get("/account").await;
    for section in ["profile", "email", "password", "sessions", "addresses", "exports", "deletion"] {
        let path = format!("/account/{section}");
        assert!(overview.text.contains(&format!("href=\"{path}\"")), "{section}");
        let page = mira.get(&path).await;
        assert_eq!(page.status, StatusCode::OK, "{section}");
        assert_eq!(page.text.matches("<h1").count(), 1, "{section}");
        assert_eq!(page.header("cache-control"), "no-store", "{section}");
        let guest = shop.browser().get(&path).await;
        assert_eq!(guest.location(), format!("/sign-in?next=%2Faccount%2F{section}"));
    }
}

#[tokio::test]
async fn a_profile_is_saved() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let csrf = mira.csrf("/account/profile").await;
    let saved = mira.post("/account/profile", &[("csrf", &csrf), ("name", " Mira <3 ")]).await;
    assert_eq!((saved.status, saved.location()), (StatusCode::SEE_OTHER, "/account"));
    assert!(mira.get("/account").await.text.contains("We call you Mira &lt;3."));
    let form = mira.get("/account/profile").await.text;
    assert!(form.contains("value=\"Mira &lt;3\"") && !form.contains("checked"), "{form}");
    for (name, words) in [("x".repeat(101), "more than 100 characters"), ("a\0b".to_owned(), "invisible")] {
        let form = [("csrf", csrf.as_str()), ("name", &name), ("mail_when_ready", "yes")];
        let refused = mira.post("/account/profile", &form).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(words) && refused.text.contains("checked"), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_changed_password_keeps_this_browser_and_ends_the_others() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let elsewhere = shop.signed_in(EMAIL).await;
    let csrf = mira.csrf("/account/password").await;
    let change = async |current: &str, new: &str| {
        let form = [("csrf", csrf.as_str()), ("current_password", current), ("password", new)];
        mira.post("/account/password", &form).await
    };
    for (current, new, words) in [
        ("a wrong password", NEW, "not the password of your account"),
        ("", NEW, "not the password of your account"),
        (PASSWORD, "short", "at least 8 characters"),
    ] {
        let refused = change(current, new).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text.contains(words), "{}", refused.text);
        assert!(!refused.text.contains(NEW) && !refused.text.contains(PASSWORD));
    }
    assert_eq!(elsewhere.get("/generations").await.status, StatusCode::OK);
    let before = mira.cookie("sid").expect("a session");
    let changed = change(PASSWORD, NEW).await;
    assert_eq!((changed.status, changed.location()), (StatusCode::SEE_OTHER, "/account"), "{}", changed.text);
    assert_ne!(mira.cookie("sid"), Some(before.clone()), "a fresh value");
    assert!(mira.get("/account").await.text.contains("Your password is changed"));
    assert_eq!(elsewhere.get("/generations").await.status, StatusCode::SEE_OTHER);
    let thief = shop.browser();
    thief.set_cookie("sid", &before);
    assert_eq!(thief.get("/generations").await.status, StatusCode::SEE_OTHER, "the old value is nobody's");
    assert_eq!(shop.mails(EMAIL).await, ["password_changed"]);
}

#[tokio::test]
async fn an_account_moves_to_another_address() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let noor = shop.customer("noor@example.org").await;
    let elsewhere = shop.signed_in(EMAIL).await;
    let csrf = mira.csrf("/account/email").await;
    let ask = async |email: &str, password: &str| {
        let form = [("csrf", csrf.as_str()), ("new_email", email), ("current_password", password)];
        mira.post("/account/email", &form).await
    };
    for (email, password, words) in [
        ("mira", PASSWORD, "does not look like an e-mail address"),
        ("Mira@Example.org", PASSWORD, "has already"),
        ("mira@example.com", "a wrong password", "not the password of your account"),
    ] {
        let refused = ask(email, password).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{email}");
        assert!(refused.text.contains(words) && refused.text.contains(email), "{}", refused.text);
    }
    assert_eq!(shop.mails(EMAIL).await, Vec::<String>::new());
    let mut answers = Vec::new();
    for email in ["NOOR@example.org", "mira@example.com"] {
        let asked = ask(email, PASSWORD).await;
        answers.push((
            asked.status,
            asked.location().to_owned(),
            asked.set_cookies().join(""),
            asked.text.clone(),
        ));
    }
    assert_eq!(answers[0], answers[1], "whether an address is taken is not told");
    assert_eq!(shop.mails(EMAIL).await, ["email_change_asked", "email_change_asked"]);

    let link = shop.link("mira@example.com", ConfirmNewEmail).await;
    let guest = shop.browser();
    let door = guest.get(&link).await;
    assert!(door.location().starts_with("/sign-in?next=%2Femail-changes%2F"), "{door:?}");
    let noors = noor.csrf("/account").await;
    let refused = noor.post(&link, &[("csrf", &noors)]).await;
    assert_eq!(refused.status, StatusCode::GONE);
    assert!(refused.text.contains("belongs to another account"), "{}", refused.text);

    let page = mira.get(&link).await;
    assert!(page.text.contains("mira@example.com"), "{}", page.text);
    let before = mira.cookie("sid");
    let form = [("csrf", csrf.as_str())];
    let moved = mira.post(&link, &form).await;
    assert_eq!((moved.status, moved.location()), (StatusCode::SEE_OTHER, "/account"), "{}", moved.text);
    assert_ne!(mira.cookie("sid"), before, "a fresh value");
    let account = mira.get("/account").await.text;
    assert!(account.contains("mira@example.com") && !account.contains(EMAIL), "{account}");
    assert_eq!(elsewhere.get("/generations").await.status, StatusCode::SEE_OTHER);
    assert_eq!(shop.mails(EMAIL).await.last().expect("mails"), "email_changed");
    assert_eq!(mira.get(&link).await.status, StatusCode::GONE);
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_told_kindly() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let csrf = mira.csrf("/account/email").await;
    let form = [("csrf", csrf.as_str()), ("new_email", "mira@example.com"), ("current_password", PASSWORD)];
    mira.post("/account/email", &form).await;
    let link = shop.link("mira@example.com", ConfirmNewEmail).await;
    shop.customer("mira@example.com").await;
    let refused = mira.post(&link, &[("csrf", &csrf)]).await;
    assert_eq!(refused.status, StatusCode::GONE);
    assert!(refused.text.contains("has an account of its own by now"), "{}", refused.text);
    assert!(mira.get("/account").await.text.contains(EMAIL));
}
