//! The life of an account, from an address to another password.

mod support;

use chrono::Duration;
use sha2::{Digest, Sha256};
use shop::{
    Cause, StaleTransition,
    accounts::{self, ConfirmError, NewAccount, OpenError},
    ids::{AccountId, SessionId},
    mails::{Letter, MailKind},
    sessions::{self, Browser, Kept},
    testing::{Database, WELCOME, send},
    tokens::{self, Purpose, TokenHash},
};
use support::{account, cause};

const BROWSER: [u8; 32] = [7; 32];

async fn open(database: &Database, email: &str) -> AccountId {
    let new = NewAccount { email, password_hash: "first", next: "/gallery", browser: Some(&BROWSER) };
    accounts::open(&database.pool, &cause(), &new).await.expect("accepted");
    accounts::credentials(&database.pool, email).await.expect("read").expect("there").account_id
}

/// The mails of an account, oldest first: what kind, and whether they are to be sent.
async fn mails(database: &Database, recipient: &str) -> Vec<String> {
    sqlx::query_scalar("select kind from mails where recipient = $1 order by id")
        .bind(recipient)
        .fetch_all(&database.pool)
        .await
        .expect("mails")
}

async fn link(database: &Database, recipient: &str, kind: MailKind) -> TokenHash {
    Sha256::digest(send(&database.pool, recipient, kind).await.1).into()
}

async fn is_verified(database: &Database, id: AccountId) -> bool {
    sqlx::query_scalar("select email_verified_at is not null from accounts where id = $1")
        .bind(id)
        .fetch_one(&database.pool)
        .await
        .expect("an account")
}

async fn password(database: &Database, id: AccountId) -> String {
    accounts::password_hash(&database.pool, id).await.expect("read").expect("there")
}

/// A session of the account, as one in which something is changed.
async fn session(database: &Database, id: AccountId, value: u8) -> Kept {
    let browser = Browser { user_agent: "Netscape 4", address: "192.0.2.7" };
    sessions::begin(&database.pool, &cause(), id, &[value; 32], browser, None)
        .await
        .expect("begun")
        .expect("open");
    let session_id = found(database, value).await.expect("begun");
    Kept { session_id, id_hash: [value + 100; 32] }
}

async fn found(database: &Database, value: u8) -> Option<SessionId> {
    let visitor = sessions::visitor(&database.pool, &[value; 32], cause().at).await.expect("read");
    visitor.map(|visitor| visitor.session_id)
}

#[tokio::test]
async fn an_address_has_one_account_whatever_its_capitals_and_its_owner_is_told_once_a_day() {
    let database = Database::new().await;
    let id = open(&database, "Ada@example.org").await;
    assert!(!is_verified(&database, id).await);
    for _ in 0..2 {
        let again = NewAccount { email: "ADA@example.org", password_hash: "second", next: "", browser: None };
        accounts::open(&database.pool, &cause(), &again).await.expect("told alike");
    }
    assert_eq!(open(&database, "ada@EXAMPLE.org").await, id);
    assert_eq!(password(&database, id).await, "first", "nothing changed");
    assert_eq!(mails(&database, "Ada@example.org").await, ["verify_email", "account_exists"]);
    let jobs: i64 = sqlx::query_scalar("select count(*) from apalis.jobs where job_type = 'mail'")
        .fetch_one(&database.pool)
        .await
        .expect("jobs");
    assert_eq!(jobs, 2);
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let database = Database::new().await;
    for email in ["", "@", "ada", " ada@example.org", "@example.org"] {
        let new = NewAccount { email, password_hash: "x", next: "", browser: None };
        let refused = accounts::open(&database.pool, &cause(), &new).await;
        assert!(matches!(refused, Err(OpenError::EmailMalformed)), "{email:?}: {refused:?}");
    }
}

#[tokio::test]
async fn a_link_verifies_once_and_in_time() {
    let database = Database::new().await;
    let id = open(&database, "ada@example.org").await;
    let token = link(&database, "ada@example.org", MailKind::VerifyEmail).await;
    let late = Cause { at: cause().at + Purpose::VerifyEmail.lifetime(), request_id: None };
    assert!(accounts::verify(&database.pool, &late, &token, WELCOME).await.expect("answered").is_none());
    let at = cause();
    let (one, two) = tokio::join!(
        accounts::verify(&database.pool, &at, &token, WELCOME),
        accounts::verify(&database.pool, &at, &token, WELCOME)
    );
    let verified: Vec<_> = [one, two].into_iter().filter_map(|one| one.expect("answered")).collect();
    assert_eq!(verified.len(), 1);
    assert_eq!((verified[0].account_id, verified[0].next.as_str()), (id, "/gallery"));
    assert_eq!(verified[0].browser_hash.as_deref(), Some(&BROWSER[..]));
    assert!(is_verified(&database, id).await);
    accounts::send_verification(&database.pool, &cause(), "ada@example.org", "", None).await.expect("done");
    assert_eq!(mails(&database, "ada@example.org").await, ["verify_email"], "there is nothing to verify");
}

#[tokio::test]
async fn a_link_is_sent_again_once_a_minute_and_remembers_only_the_browser_that_opened_the_account() {
    let database = Database::new().await;
    open(&database, "ada@example.org").await;
    let start = cause();
    for (minutes, browser) in [(1, [9; 32]), (1, BROWSER), (2, BROWSER)] {
        let at = Cause { at: start.at + Duration::minutes(minutes), request_id: None };
        accounts::send_verification(&database.pool, &at, "ADA@example.org", "/next", Some(&browser))
            .await
            .expect("done");
    }
    accounts::send_verification(&database.pool, &start, "nobody@example.org", "", None).await.expect("done");
    let mut remembered = Vec::new();
    for _ in 0..2 {
        let (mail, _) = send(&database.pool, "ada@example.org", MailKind::VerifyEmail).await;
        let Letter::VerifyEmail { next, browser } = mail.letter else { panic!("{:?}", mail.letter) };
        remembered.push((next, browser.is_some()));
    }
    assert_eq!(remembered, [("/next".to_owned(), true), ("/next".to_owned(), false)]);
    assert_eq!(mails(&database, "ada@example.org").await.len(), 3);
}

#[tokio::test]
async fn a_reset_verifies_and_ends_every_session_and_every_other_link() {
    let database = Database::new().await;
    let id = open(&database, "ada@example.org").await;
    session(&database, id, 1).await;
    let verification = link(&database, "ada@example.org", MailKind::VerifyEmail).await;
    accounts::ask_email_change(&database.pool, &cause(), id, "new@example.org").await.expect("asked");
    let change = link(&database, "new@example.org", MailKind::ConfirmNewEmail).await;
    for email in ["ADA@example.org", "nobody@example.org", "ada@example.org"] {
        accounts::ask_password_reset(&database.pool, &cause(), email).await.expect("told alike");
    }
    let token = link(&database, "ada@example.org", MailKind::ResetPassword).await;
    let at = cause();
    let (one, two) = tokio::join!(
        accounts::reset_password(&database.pool, &at, &token, "second", WELCOME),
        accounts::reset_password(&database.pool, &at, &token, "second", WELCOME)
    );
    let (one, two) = (one.expect("answered"), two.expect("answered"));
    assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
    assert_eq!(password(&database, id).await, "second");
    assert!(is_verified(&database, id).await);
    assert_eq!(found(&database, 1).await, None);
    for (purpose, token) in [(Purpose::VerifyEmail, verification), (Purpose::ConfirmNewEmail, change)] {
        assert!(tokens::find(&database.pool, at.at, purpose, &token).await.expect("read").is_none());
    }
    assert_eq!(mails(&database, "ada@example.org").await.last().expect("mails"), "password_changed");
}

#[tokio::test]
async fn a_link_is_good_for_its_own_purpose_alone() {
    let database = Database::new().await;
    open(&database, "ada@example.org").await;
    let verification = link(&database, "ada@example.org", MailKind::VerifyEmail).await;
    let reset = accounts::reset_password(&database.pool, &cause(), &verification, "second", WELCOME).await;
    assert_eq!(reset.expect("answered"), Err(StaleTransition));
    accounts::ask_password_reset(&database.pool, &cause(), "ada@example.org").await.expect("asked");
    let reset = link(&database, "ada@example.org", MailKind::ResetPassword).await;
    assert!(accounts::verify(&database.pool, &cause(), &reset, WELCOME).await.expect("answered").is_none());
}

#[tokio::test]
async fn a_changed_password_keeps_its_session_under_a_new_value() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    let kept = session(&database, id, 1).await;
    session(&database, id, 2).await;
    accounts::ask_password_reset(&database.pool, &cause(), "ada@example.org").await.expect("asked");
    let reset = link(&database, "ada@example.org", MailKind::ResetPassword).await;
    let old = password(&database, id).await;
    let at = cause();
    let change = |new| accounts::change_password(&database.pool, &at, id, &kept, &old, new);
    assert_eq!(change("second").await.expect("answered"), Ok(()));
    assert_eq!(change("third").await.expect("answered"), Err(StaleTransition), "somebody was faster");
    assert_eq!(password(&database, id).await, "second");
    assert_eq!((found(&database, 1).await, found(&database, 2).await), (None, None));
    assert_eq!(found(&database, 101).await, Some(kept.session_id));
    let reset = accounts::reset_password(&database.pool, &at, &reset, "by an old link", WELCOME).await;
    assert_eq!(reset.expect("answered"), Err(StaleTransition));
    assert_eq!(mails(&database, "ada@example.org").await, ["reset_password", "password_changed"]);
}

#[tokio::test]
async fn an_account_moves_to_another_address_and_both_are_told() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    let noor = account(&database, "noor@example.org").await;
    let kept = session(&database, id, 1).await;
    session(&database, id, 2).await;
    accounts::ask_password_reset(&database.pool, &cause(), "ada@example.org").await.expect("asked");
    let reset = link(&database, "ada@example.org", MailKind::ResetPassword).await;
    accounts::ask_email_change(&database.pool, &cause(), id, "ada@example.com").await.expect("asked");
    let token = link(&database, "ada@example.com", MailKind::ConfirmNewEmail).await;
    let at = cause();
    let other = accounts::confirm_email(&database.pool, &at, noor, &kept, &token, WELCOME).await;
    assert!(matches!(other, Err(ConfirmError::Spent)), "{other:?}");
    accounts::confirm_email(&database.pool, &at, id, &kept, &token, WELCOME).await.expect("moved");
    let again = accounts::confirm_email(&database.pool, &at, id, &kept, &token, WELCOME).await;
    assert!(matches!(again, Err(ConfirmError::Spent)), "{again:?}");
    let moved = accounts::credentials(&database.pool, "ada@example.com").await.expect("read").expect("there");
    assert_eq!(moved.account_id, id);
    assert_eq!((found(&database, 1).await, found(&database, 2).await), (None, None));
    assert_eq!(found(&database, 101).await, Some(kept.session_id));
    let reset =
        accounts::reset_password(&database.pool, &at, &reset, "by who has the old mailbox", WELCOME).await;
    assert_eq!(reset.expect("answered"), Err(StaleTransition));
    let told = ["reset_password", "email_change_asked", "email_changed"];
    assert_eq!(mails(&database, "ada@example.org").await, told);
}

#[tokio::test]
async fn an_address_of_somebody_else_is_not_moved_to_and_not_told_of() {
    let database = Database::new().await;
    let id = account(&database, "ada@example.org").await;
    account(&database, "noor@example.org").await;
    accounts::ask_email_change(&database.pool, &cause(), id, "NOOR@example.org").await.expect("told alike");
    assert_eq!(mails(&database, "noor@example.org").await, ["account_exists"]);
    assert_eq!(mails(&database, "ada@example.org").await, ["email_change_asked"]);
    // Somebody opens an account with the address while the link is on its way.
    accounts::ask_email_change(&database.pool, &cause(), id, "late@example.org").await.expect("asked");
    let token = link(&database, "late@example.org", MailKind::ConfirmNewEmail).await;
    account(&database, "late@example.org").await;
    let kept = session(&database, id, 1).await;
    let refused = accounts::confirm_email(&database.pool, &cause(), id, &kept, &token, WELCOME).await;
    assert!(matches!(refused, Err(ConfirmError::EmailTaken)), "{refused:?}");
    assert!(found(&database, 1).await.is_some(), "nothing changed");
    assert!(accounts::credentials(&database.pool, "ada@example.org").await.expect("read").is_some());
}

#[tokio::test]
async fn shut_accounts_get_no_links() {
    let database = Database::new().await;
    account(&database, "ada@example.org").await;
    accounts::ask_password_reset(&database.pool, &cause(), "ada@example.org").await.expect("asked");
    let token = link(&database, "ada@example.org", MailKind::ResetPassword).await;
    let shut = "update accounts set disabled_at = now()";
    sqlx::query(shut).execute(&database.pool).await.expect("shut");
    let reset = accounts::reset_password(&database.pool, &cause(), &token, "second", WELCOME).await;
    assert_eq!(reset.expect("answered"), Err(StaleTransition));
    let later = Cause { at: cause().at + Duration::minutes(1), request_id: None };
    accounts::ask_password_reset(&database.pool, &later, "ada@example.org").await.expect("told alike");
    assert_eq!(mails(&database, "ada@example.org").await, ["reset_password"]);
}

#[tokio::test]
async fn who_opened_an_account_with_the_address_of_another_leaves_nothing_in_it() {
    let database = Database::new().await;
    let id = open(&database, "mira@example.org").await;
    for sql in [
        "update accounts set name = 'Mallory' where id = $1",
        "insert into second_factors (account_id, sealed_secret, confirmed_at) values ($1, 'x', now())",
        "insert into addresses (id, account_id, name, line1, country, is_default, created_at) values ($1, $1, 'M', 'Trap 1', 'DE', true, now())",
    ] {
        sqlx::query(sql).bind(id).execute(&database.pool).await.expect(sql);
    }
    accounts::ask_password_reset(&database.pool, &cause(), "mira@example.org").await.expect("asked");
    let token = link(&database, "mira@example.org", MailKind::ResetPassword).await;
    accounts::reset_password(&database.pool, &cause(), &token, "second", WELCOME)
        .await
        .expect("answered")
        .expect("reset");
    let left: (String, i64, i64) = sqlx::query_as(
        "select name, (select count(*) from second_factors), (select count(*) from addresses) from accounts where id = $1",
    )
    .bind(id)
    .fetch_one(&database.pool)
    .await
    .expect("read");
    assert_eq!(left, (String::new(), 0, 0));
}

#[tokio::test]
async fn a_reset_keeps_the_codes_of_an_account_whose_address_was_proved() {
    let database = Database::new().await;
    let id = account(&database, "mira@example.org").await;
    let sql = "insert into second_factors (account_id, sealed_secret, confirmed_at) values ($1, 'x', now())";
    sqlx::query(sql).bind(id).execute(&database.pool).await.expect("on");
    accounts::ask_password_reset(&database.pool, &cause(), "mira@example.org").await.expect("asked");
    let token = link(&database, "mira@example.org", MailKind::ResetPassword).await;
    accounts::reset_password(&database.pool, &cause(), &token, "second", WELCOME)
        .await
        .expect("answered")
        .expect("reset");
    assert!(shop::second_factors::is_on(&database.pool, id).await.expect("read"));
}

#[tokio::test]
async fn a_sign_in_that_was_being_checked_does_not_outlive_a_new_password_nor_a_closure() {
    let database = Database::new().await;
    let id = account(&database, "mira@example.org").await;
    let browser = Browser { user_agent: "", address: "" };
    let begin = async |value: u8, checked: &str| {
        sessions::begin(&database.pool, &cause(), id, &[value; 32], browser, Some(checked))
            .await
            .expect("answered")
    };
    let hash = password(&database, id).await;
    assert_eq!(begin(1, &hash).await, Ok(()));
    sqlx::query("update accounts set password_hash = 'another' where id = $1")
        .bind(id)
        .execute(&database.pool)
        .await
        .expect("changed");
    assert_eq!(begin(2, &hash).await, Err(StaleTransition));
    sqlx::query("update accounts set disabled_at = now() where id = $1")
        .bind(id)
        .execute(&database.pool)
        .await
        .expect("shut");
    assert_eq!(begin(3, "another").await, Err(StaleTransition));
}

#[tokio::test]
async fn an_address_that_nobody_proved_gets_only_what_proves_it() {
    let database = Database::new().await;
    let id = open(&database, "mira@example.org").await;
    let kept = session(&database, id, 1).await;
    accounts::change_password(&database.pool, &cause(), id, &kept, "first", "second")
        .await
        .expect("answered")
        .expect("changed");
    accounts::ask_password_reset(&database.pool, &cause(), "mira@example.org").await.expect("asked");
    assert_eq!(mails(&database, "mira@example.org").await, ["verify_email", "reset_password"]);
}
