//! Mails on their way: once for each event, again after a busy server, given up where everybody can see it.

mod outside;
mod support;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use outside::{Whole, parse};
use sha2::{Digest, Sha256};
use shop::{
    Cause,
    accounts::{self, NewAccount},
    ids::MailId,
    jobs::Job,
    testing::WELCOME,
};

const MIRA: &str = "mira@example.org";

async fn sign_up(whole: &Whole) {
    let new = NewAccount { email: MIRA, password_hash: "x", next: "", browser: None };
    accounts::open(whole.db(), &Cause::now(None), &new).await.expect("opened");
}

/// `(id, kind, state, problem)`, oldest first.
async fn rows(whole: &Whole) -> Vec<(MailId, String, String, Option<String>)> {
    let sql = "select id, kind, state, problem from mails order by id";
    sqlx::query_as(sql).fetch_all(whole.db()).await.expect("mails")
}

#[tokio::test]
async fn a_letter_goes_out_once_and_carries_the_link_that_the_shop_knows() {
    let whole = Whole::open().await;
    sign_up(&whole).await;
    whole.work_off().await;
    let mails = whole.mails().await;
    assert_eq!(mails.len(), 1);
    let mail = parse(&mails[0]);
    let (id, kind, state, problem) = rows(&whole).await.remove(0);
    assert_eq!((kind.as_str(), state.as_str(), problem), ("verify_email", "sent", None));
    assert_eq!(mail.message_id(), Some(format!("{id}@example.org").as_str()));
    assert_eq!(mail.subject(), Some("Please confirm your e-mail address"));
    assert_eq!(mail.from().and_then(|from| from.first()?.name.as_deref()), Some("AI Gallery"));
    assert_eq!(mail.to().and_then(|to| to.first()?.address.as_deref()), Some(MIRA));
    assert!(mail.date().is_some());
    assert_eq!(mail.header_raw("Auto-Submitted").map(str::trim), Some("auto-generated"));
    assert!(mail.header_raw("List-Unsubscribe").is_none(), "it is no news");

    let (text, html) = (mail.body_text(0).expect("text"), mail.body_html(0).expect("markup"));
    let token = text.lines().find_map(|line| line.strip_prefix("https://shop.example/verifications/"));
    let token = token.expect("a link on a line of its own").trim();
    assert!(html.contains(token), "both say the same");
    let bits = BASE64_URL_SAFE_NO_PAD.decode(token).expect("base64");
    assert_eq!(bits.len(), 32);

    // It stands nowhere but in the mail.
    let everything = "select (select string_agg(convert_from(job, 'utf8'), ' ') from apalis.jobs)
                          || (select string_agg(m::text, ' ') from mails m) || (select string_agg(t::text, ' ') from account_tokens t)
                          || coalesce((select string_agg(error, ' ') from job_attempts), '')";
    let everything: String = sqlx::query_scalar(everything).fetch_one(whole.db()).await.expect("rows");
    assert!(!everything.contains(token) && !everything.contains(&hex::encode(&bits)), "{everything}");
    let verified =
        accounts::verify(whole.db(), &Cause::now(None), &Sha256::digest(&bits).into(), WELCOME).await;
    assert!(verified.expect("an answer").is_some(), "the link is good");

    // The job may run twice, and the event may be told twice.
    whole.again(Job::SendMail { mail_id: id }).await;
    sign_up(&whole).await;
    sign_up(&whole).await;
    whole.work_off().await;
    let kinds: Vec<String> = rows(&whole).await.into_iter().map(|(_, kind, ..)| kind).collect();
    assert_eq!(kinds, ["verify_email", "account_exists"]);
    assert_eq!(whole.mails().await.len(), 2);
}

#[tokio::test]
async fn a_busy_server_is_asked_again() {
    let whole = Whole::open().await;
    sign_up(&whole).await;
    whole.refuse_mails(421, 1).await;
    let working = whole.work().await;
    whole.rest().await;
    sign_up(&whole).await;
    whole.refuse_mails(451, 2).await;
    whole.rest().await;
    working.stop().await;
    assert_eq!(whole.mails().await.len(), 2);
    let attempts = whole.attempts("send_mail").await;
    let outcomes: Vec<&str> = attempts.iter().map(|(outcome, _)| outcome.as_str()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "done").count(), 2, "{attempts:?}");
    assert!(outcomes.len() >= 3 && outcomes[0] == "retry" && attempts[0].1.contains("421"), "{attempts:?}");
    assert!(rows(&whole).await.iter().all(|(.., state, problem)| state == "sent" && problem.is_none()));
}

#[tokio::test]
async fn a_mail_that_no_server_takes_is_given_up_with_the_reason() {
    let whole = Whole::open().await;
    sign_up(&whole).await;
    whole.refuse_mails(550, 1).await;
    whole.work_off().await;
    assert!(whole.mails().await.is_empty());
    let (_, _, state, problem) = rows(&whole).await.remove(0);
    assert_eq!(state, "failed");
    assert!(problem.as_deref().is_some_and(|problem| problem.contains("550")), "{problem:?}");
    assert_eq!(whole.shop.jobs().await, [("Killed".to_owned(), 1)], "one try was enough");
    assert_eq!(whole.attempts("send_mail").await.len(), 1);
}

#[tokio::test]
async fn an_address_that_is_none_is_given_up_and_a_server_that_is_away_is_not() {
    let whole = Whole::open().await;
    sign_up(&whole).await;
    sqlx::query("update mails set recipient = 'mira@@'").execute(whole.db()).await.expect("spoiled");
    whole.work_off().await;
    assert_eq!(rows(&whole).await[0].2, "failed");

    let Whole { shop, services, sandbox, .. } = whole;
    sandbox.stop().await;
    let new = NewAccount { email: "noor@example.org", password_hash: "x", next: "", browser: None };
    accounts::open(&shop.database.pool, &Cause::now(None), &new).await.expect("opened");
    let handler = std::sync::Arc::new(worker::jobs::Jobs::new(services));
    let lanes = worker::runner::lanes::LaneSettings::all();
    let working = shop.work(handler, worker::runner::Settings { lanes, ..support::quick() }).await;
    let sql =
        "select count(*) from job_attempts a join mails m on m.state = 'queued' where a.outcome = 'retry'";
    for _ in 0..200 {
        let retries: i64 = sqlx::query_scalar(sql).fetch_one(&shop.database.pool).await.expect("attempts");
        if retries > 1 {
            return working.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it was not tried again");
}

#[tokio::test]
async fn news_can_be_turned_off_from_the_letter() {
    let whole = Whole::open().await;
    let id = whole.shop.request().await;
    // Asked for so long ago that nobody watches any more.
    sqlx::query("update generations set created_at = created_at - interval '10 minutes'")
        .execute(whole.db())
        .await
        .expect("older");
    whole.work_off().await;
    let mails = whole.mails().await;
    assert_eq!(mails.len(), 1);
    let mail = parse(&mails[0]);
    assert_eq!(mail.subject(), Some("Your pictures are ready"));
    assert!(
        mail.body_text(0).expect("text").contains(&format!("\nhttps://shop.example/generations/{id}\r\n"))
    );
    let token: String = sqlx::query_scalar("select unsubscribe_token::text from accounts")
        .fetch_one(whole.db())
        .await
        .expect("an account");
    let link = format!("<https://shop.example/mail-preferences/{token}>");
    assert_eq!(mail.header_raw("List-Unsubscribe").map(str::trim), Some(link.as_str()));
    assert_eq!(mail.header_raw("List-Unsubscribe-Post").map(str::trim), Some("List-Unsubscribe=One-Click"));
}
