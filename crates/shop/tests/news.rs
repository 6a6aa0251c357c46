//! Pictures that took long are told by mail, once, to whoever wants that.

mod support;

use chrono::Duration;
use shop::{
    Cause, accounts,
    generations::{self, WATCHED_FOR},
    ids::{AccountId, MailId},
    mails,
    testing::{Database, claim},
};
use support::{account, answer, begin, cause, jobs, requested};
use uuid::Uuid;

/// Has pictures drawn that come so long after they were asked for, and tells how many letters say so.
async fn told(database: &Database, account: AccountId, after: Duration) -> i64 {
    let id = requested(database, account, "a fox").await;
    let drawing = begin(database, id).await.expect("to draw");
    let then = Cause { at: cause().at + after, ..cause() };
    for _ in 0..2 {
        generations::answered(&database.pool, &then, drawing.call_id, &answer(1)).await.expect("answered");
    }
    let key = format!("pictures-ready:{id}");
    let sql = "select count(*) from mails where dedupe_key = $1 and recipient = 'ada@example.org'";
    sqlx::query_scalar(sql).bind(key).fetch_one(&database.pool).await.expect("a number")
}

async fn set(database: &Database, what: &str) {
    let sql = sqlx::AssertSqlSafe(format!("update accounts set {what}"));
    sqlx::query(sql).execute(&database.pool).await.expect("set");
}

#[tokio::test]
async fn whoever_watched_is_not_told() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    assert_eq!(told(&database, ada, WATCHED_FOR - Duration::seconds(5)).await, 0);
    assert_eq!(told(&database, ada, WATCHED_FOR + Duration::seconds(5)).await, 1, "once");
    assert_eq!(jobs(&database, "send_mail").await.len(), 1);
}

#[tokio::test]
async fn whoever_does_not_want_it_or_is_not_known_is_not_told() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    for no in [
        "mail_when_ready = false",
        "mail_when_ready = true, disabled_at = now()",
        "disabled_at = null, erased_at = now()",
    ] {
        let id = requested(&database, ada, "a fox").await;
        let drawing = begin(&database, id).await.expect("to draw");
        set(&database, no).await;
        let late = Cause { at: cause().at + Duration::hours(1), ..cause() };
        generations::answered(&database.pool, &late, drawing.call_id, &answer(1)).await.expect("answered");
        assert_eq!(jobs(&database, "send_mail").await.len(), 0, "{no}");
        set(&database, "disabled_at = null, erased_at = null").await;
    }
}

#[tokio::test]
async fn the_link_in_a_letter_turns_news_off_and_only_for_its_account() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    let noor = account(&database, "noor@example.org").await;
    assert_eq!(told(&database, ada, Duration::hours(1)).await, 1);
    let id: MailId =
        sqlx::query_scalar("select id from mails").fetch_one(&database.pool).await.expect("a mail");
    let mail = mails::open(&database.pool, &cause(), id, &[7; 32]).await.expect("opened").expect("waiting");
    let token = mail.unsubscribe_token.expect("it is news");
    assert!(!mail.has_token, "nobody is let in by it");
    assert_eq!(accounts::wants_news(&database.pool, token).await.expect("read"), Some(true));
    for _ in 0..2 {
        assert!(accounts::turn_news_off(&database.pool, token).await.expect("turned"));
    }
    assert_eq!(accounts::wants_news(&database.pool, token).await.expect("read"), Some(false));
    let sql = "select mail_when_ready from accounts where id = $1";
    let others: bool = sqlx::query_scalar(sql).bind(noor).fetch_one(&database.pool).await.expect("read");
    assert!(others);
    assert!(!accounts::turn_news_off(&database.pool, Uuid::nil()).await.expect("an answer"));
    assert_eq!(accounts::wants_news(&database.pool, Uuid::nil()).await.expect("an answer"), None);
    assert_eq!(told(&database, ada, Duration::hours(1)).await, 0);
}

#[tokio::test]
async fn a_name_is_said_to_its_owner_alone() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    set(&database, "name = 'Ada'").await;
    assert_eq!(told(&database, ada, Duration::hours(1)).await, 1);
    let id: MailId =
        sqlx::query_scalar("select id from mails").fetch_one(&database.pool).await.expect("a mail");
    let name = async || {
        mails::open(&database.pool, &cause(), id, &[7; 32]).await.expect("opened").expect("waiting").name
    };
    assert_eq!(name().await, "Ada");
    set(&database, "email_verified_at = null").await;
    assert_eq!(name().await, "", "the address may be a stranger's");
    set(&database, "email_verified_at = now(), email = 'other@example.org'").await;
    assert_eq!(name().await, "", "the letter goes elsewhere");
}

/// The kinds of letters to somebody, oldest first.
async fn kinds(database: &Database, whom: AccountId) -> Vec<String> {
    let sql = "select kind from mails where account_id = $1 and recipient = 'ada@example.org' order by id";
    sqlx::query_scalar(sql).bind(whom).fetch_all(&database.pool).await.expect("mails")
}

#[tokio::test]
async fn what_does_not_come_is_told_too() {
    let database = Database::new().await;
    let ada = account(&database, "ada@example.org").await;
    let at = |after: Duration| Cause { at: cause().at + after, ..cause() };
    let (soon, late) = (at(WATCHED_FOR - Duration::seconds(5)), at(WATCHED_FOR + Duration::seconds(5)));
    for (when, letters) in [(&soon, 0), (&late, 1)] {
        let id = requested(&database, ada, "a fox").await;
        let drawing = begin(&database, id).await.expect("to draw");
        for _ in 0..2 {
            generations::refuse(&database.pool, when, drawing.call_id, None, "", "Not this.", None)
                .await
                .expect("refused");
        }
        assert_eq!(kinds(&database, ada).await, vec!["pictures_failed"; letters], "refused by the provider");
    }
    let id = requested(&database, ada, "a hare").await;
    let held = claim(&database.pool).await;
    generations::turn_down(&database.pool, &late, &held, id, "violence", "Not this.")
        .await
        .expect("turned down");
    assert_eq!(kinds(&database, ada).await.len(), 2, "turned down before it was drawn");
    requested(&database, ada, "a heron").await;
    let tomorrow = at(Duration::hours(25));
    assert_eq!(generations::expire_overdue(&database.pool, &tomorrow).await.expect("expired"), 1);
    assert_eq!(kinds(&database, ada).await, ["pictures_failed"; 3], "the promised time is over");
    let sql = "select count(*) from mails where details ->> 'generation_id' = $1";
    let about: i64 =
        sqlx::query_scalar(sql).bind(id.to_string()).fetch_one(&database.pool).await.expect("a number");
    assert_eq!(about, 1);

    set(&database, "mail_when_ready = false").await;
    requested(&database, ada, "an owl").await;
    assert_eq!(generations::expire_overdue(&database.pool, &tomorrow).await.expect("expired"), 1);
    assert_eq!(kinds(&database, ada).await.len(), 3, "who does not want it is not told");
}
