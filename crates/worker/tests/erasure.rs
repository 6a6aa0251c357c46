//! An account that is erased: nothing of the person stays, and the row does.

mod outside;
mod support;

use chrono::{DateTime, Utc};
use outside::{Whole, parse};
use shop::{
    Cause, accounts, exports,
    ids::{ImageId, SessionId},
    images,
    jobs::Job,
};

async fn schedule(whole: &Whole, keep_published: bool) {
    let cause = Cause::now(None);
    let session = SessionId::new(cause.at);
    accounts::schedule_erasure(whole.db(), &cause, whole.shop.owner, keep_published, session)
        .await
        .expect("scheduled");
}

async fn its_time_comes(whole: &Whole) {
    sqlx::query("update accounts set erase_at = now() - interval '1 second'")
        .execute(whole.db())
        .await
        .expect("due");
    whole.again(Job::EraseAccount { account_id: whole.shop.owner }).await;
}

async fn exists(whole: &Whole, id: ImageId) -> (bool, bool) {
    let row: bool = sqlx::query_scalar("select exists (select from images where id = $1)")
        .bind(id)
        .fetch_one(whole.db())
        .await
        .expect("an answer");
    let object =
        whole.services.storage.find(&images::original_key(id, images::Format::Png)).await.expect("an answer");
    (row, object.is_some())
}

#[tokio::test]
async fn twice_is_once_and_only_what_may_stay_stays() {
    let whole = Whole::open().await;
    let owner = whole.shop.owner;
    whole.shop.request().await;
    whole.shop.request().await;
    whole.work_off().await;
    let pictures: Vec<ImageId> =
        sqlx::query_scalar("select id from images order by id").fetch_all(whole.db()).await.expect("images");
    let [private, published] = pictures.try_into().expect("two pictures");
    let cause = Cause::now(None);
    images::submit(whole.db(), &cause, owner, published, "A fox", false)
        .await
        .expect("ok")
        .expect("published");
    let export = exports::request(whole.db(), &cause, owner).await.expect("requested");
    schedule(&whole, true).await;
    whole.work_off().await;
    assert_eq!(exists(&whole, private).await, (true, true), "nothing happens before its time");

    its_time_comes(&whole).await;
    whole.work_off().await;
    assert_eq!(exists(&whole, private).await, (false, false));
    assert_eq!(exists(&whole, published).await, (true, true));
    let file = whole.services.storage.find(&exports::object_key(export)).await.expect("an answer");
    assert!(file.is_none(), "the export went too");

    let row = "select email, name, password_hash, role, erased_at from accounts where id = $1";
    let row: (String, String, String, String, Option<DateTime<Utc>>) =
        sqlx::query_as(row).bind(owner).fetch_one(whole.db()).await.expect("the row stays");
    assert_eq!(
        (row.0.as_str(), row.1.as_str(), row.2.as_str()),
        (format!("erased-{owner}@erased.invalid").as_str(), "", "!")
    );
    assert!(row.4.is_some());
    let left: i64 = sqlx::query_scalar("select count(*) from mails m where m::text like '%a@example.org%'")
        .fetch_one(whole.db())
        .await
        .expect("mails");
    assert_eq!(left, 0, "no mail remembers the address");
    let mails = whole.mails().await;
    let last = parse(mails.last().expect("mails"));
    assert_eq!(last.subject(), Some("Your account was deleted"));
    assert_eq!(last.to().and_then(|to| to.first()?.address.as_deref()), Some("a@example.org"));

    whole.again(Job::EraseAccount { account_id: owner }).await;
    whole.work_off().await;
    let erased_at: Option<DateTime<Utc>> =
        sqlx::query_scalar("select erased_at from accounts").fetch_one(whole.db()).await.expect("the row");
    assert_eq!(erased_at, row.4);
    assert_eq!(whole.mails().await.len(), mails.len());
}

#[tokio::test]
async fn one_that_was_called_off_or_is_not_due_is_left_alone() {
    let whole = Whole::open().await;
    let owner = whole.shop.owner;
    schedule(&whole, false).await;
    whole.again(Job::EraseAccount { account_id: owner }).await;
    whole.work_off().await;
    assert_eq!(whole.attempts("erase_account").await[0].0, "put_off");
    accounts::call_off_erasure(whole.db(), &Cause::now(None), owner)
        .await
        .expect("an answer")
        .expect("called off");
    whole.again(Job::EraseAccount { account_id: owner }).await;
    whole.work_off().await;
    let outcomes: Vec<String> =
        whole.attempts("erase_account").await.into_iter().map(|(outcome, _)| outcome).collect();
    assert_eq!(outcomes, ["put_off", "done"]);
    let email: String =
        sqlx::query_scalar("select email from accounts where erased_at is null and erase_at is null")
            .fetch_one(whole.db())
            .await
            .expect("as it was");
    assert_eq!(email, "a@example.org");
    let mut subjects: Vec<String> =
        whole.mails().await.iter().filter_map(|mail| parse(mail).subject().map(str::to_owned)).collect();
    subjects.sort();
    assert!(
        subjects[0].starts_with("Your account stays")
            && subjects[1].starts_with("Your account will be deleted on "),
        "{subjects:?}"
    );
}
