//! Forgotten passwords.

use reqwest::StatusCode;
use shop::mails::MailKind::{ResetPassword, VerifyEmail};

use crate::support::{PASSWORD, Shop};

const EMAIL: &str = "mira@example.org";
const NEW: &str = "another lamp on the quay";

#[tokio::test]
async fn a_link_gives_another_password_and_ends_every_session() {
    let shop = Shop::open().await;
    let mira = shop.customer(EMAIL).await;
    let guest = shop.browser();
    let csrf = guest.csrf("/password-resets/new").await;
    let mut answers = Vec::new();
    for email in ["MIRA@example.org", "nobody@example.org"] {
        let answer = guest.post("/password-resets", &[("csrf", &csrf), ("email", email)]).await;
        answers.push((answer.status, answer.location().to_owned(), answer.set_cookies().len(), answer.text));
    }
    assert_eq!(answers[0], answers[1], "told alike");
    assert_eq!(answers[0].1, "/password-resets/sent");
    assert!(guest.get("/password-resets/sent").await.text.contains("nobody@example.org"));
    assert_eq!(shop.mails(EMAIL).await, ["reset_password"]);
    assert_eq!(shop.mails("nobody@example.org").await, Vec::<String>::new());

    let link = shop.link(EMAIL, ResetPassword).await;
    let page = guest.get(&link).await;
    assert!(
        page.text.contains("autocomplete=\"new-password\"") && page.text.contains(EMAIL),
        "{}",
        page.text
    );
    let csrf = page.csrf();
    let short = guest.post(&link, &[("csrf", &csrf), ("password", "short")]).await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short.text.contains("at least 8 characters"), "{}", short.text);
    assert_eq!(mira.get("/generations").await.status, StatusCode::OK, "nothing changed yet");
    let form = [("csrf", csrf.as_str()), ("password", NEW)];
    let (one, two) = tokio::join!(guest.post(&link, &form), guest.post(&link, &form));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 410], "two at once are one");
    assert!(guest.get("/sign-in").await.text.contains("Your new password is in place"));
    assert_eq!(mira.get("/generations").await.status, StatusCode::SEE_OTHER, "every session ended");
    for (password, status) in [(PASSWORD, StatusCode::UNPROCESSABLE_ENTITY), (NEW, StatusCode::SEE_OTHER)] {
        let csrf = guest.csrf("/sign-in").await;
        let form = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", password)];
        assert_eq!(guest.post("/sign-in", &form).await.status, status, "{password}");
    }
    assert_eq!(shop.mails(EMAIL).await, ["reset_password", "password_changed"]);
    let used = guest.get(&link).await;
    assert_eq!(used.status, StatusCode::GONE);
    assert!(used.text.contains("href=\"/password-resets/new\""), "{}", used.text);
}

#[tokio::test]
async fn a_link_is_good_for_an_hour_and_for_nothing_else() {
    let shop = Shop::open().await;
    shop.newcomer(EMAIL).await;
    let guest = shop.browser();
    let csrf = guest.csrf("/password-resets/new").await;
    guest.post("/password-resets", &[("csrf", &csrf), ("email", EMAIL)]).await;
    let reset = shop.link(EMAIL, ResetPassword).await;
    let verification = shop.link(EMAIL, VerifyEmail).await;
    let swapped = [
        reset.replace("password-resets", "verifications"),
        verification.replace("verifications", "password-resets"),
        reset.replace("password-resets", "email-changes"),
    ];
    for path in swapped {
        let form = [("csrf", csrf.as_str()), ("password", PASSWORD)];
        assert_eq!(guest.post(&path, &form).await.status, StatusCode::GONE, "{path}");
    }
    sqlx::query("update account_tokens set created_at = created_at - interval '61 minutes', expires_at = expires_at - interval '61 minutes'")
        .execute(shop.db())
        .await
        .expect("older");
    let answer = guest.post(&reset, &[("csrf", &csrf), ("password", NEW)]).await;
    assert_eq!(answer.status, StatusCode::GONE);
    assert_eq!(guest.get(&verification).await.status, StatusCode::OK, "that one is good for longer");
    let refused = guest.post("/password-resets", &[("csrf", &csrf), ("email", "mira")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text.contains("does not look like an e-mail address"), "{}", refused.text);
}
