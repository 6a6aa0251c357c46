//! Exports: whole, readable, and gone after a while.

mod outside;
mod support;

use std::io::{Cursor, Read};

use outside::{Whole, parse};
use serde_json::Value;
use shop::{
    Cause, exports,
    ids::{ExportId, ImageId},
    images,
    jobs::Job,
};
use zip::ZipArchive;

async fn request(whole: &Whole) -> ExportId {
    exports::request(whole.db(), &Cause::now(None), whole.shop.owner).await.expect("requested")
}

async fn pictures(whole: &Whole) -> Vec<ImageId> {
    sqlx::query_scalar("select id from images order by id").fetch_all(whole.db()).await.expect("images")
}

/// `(state, problem)`.
async fn state(whole: &Whole, id: ExportId) -> (String, Option<String>) {
    let sql = "select state, problem from exports where id = $1";
    sqlx::query_as(sql).bind(id).fetch_one(whole.db()).await.expect("an export")
}

async fn file(whole: &Whole, id: ExportId) -> Option<Vec<u8>> {
    whole.services.storage.find(&exports::object_key(id)).await.expect("an answer")
}

fn entry(archive: &mut ZipArchive<Cursor<Vec<u8>>>, name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    archive.by_name(name).expect(name).read_to_end(&mut bytes).expect("whole");
    bytes
}

#[tokio::test]
async fn everything_is_in_the_file_and_nothing_secret() {
    let whole = Whole::open().await;
    for _ in 0..3 {
        whole.shop.request().await;
    }
    whole.work_off().await;
    let [stored, staged, deleted] = pictures(&whole).await.try_into().expect("three pictures");
    // One that is still in Postgres, and one that is on its way out.
    sqlx::query(
        "update images set state = 'staged', thumbnail_widths = '{}', staged_bytes = $2 where id = $1",
    )
    .bind(staged)
    .bind(b"staged bytes".to_vec())
    .execute(whole.db())
    .await
    .expect("staged again");
    images::delete(whole.db(), &Cause::now(None), whole.shop.owner, deleted)
        .await
        .expect("ok")
        .expect("deleted");
    sqlx::query("update accounts set password_hash = '$argon2id$secret'")
        .execute(whole.db())
        .await
        .expect("set");

    let id = request(&whole).await;
    assert_eq!(request(&whole).await, id, "one at a time");
    whole.work_off().await;

    let whole_file = file(&whole, id).await.expect("a file");
    let byte_count: i64 =
        sqlx::query_scalar("select byte_count from exports where id = $1 and state = 'ready' and expires_at = finished_at + interval '7 days'")
            .bind(id)
            .fetch_one(whole.db())
            .await
            .expect("ready");
    assert_eq!(usize::try_from(byte_count), Ok(whole_file.len()));
    let mut archive = ZipArchive::new(Cursor::new(whole_file)).expect("an archive");
    let mut names: Vec<String> = archive.file_names().map(|name| name.expect("text").into_owned()).collect();
    names.sort();
    let mut wanted =
        vec!["data.json".to_owned(), format!("pictures/{stored}.png"), format!("pictures/{staged}.png")];
    wanted.sort();
    assert_eq!(names, wanted);
    assert_eq!(entry(&mut archive, &format!("pictures/{staged}.png")), b"staged bytes");
    let in_store =
        whole.services.storage.get(&images::original_key(stored, images::Format::Png)).await.expect("stored");
    assert_eq!(entry(&mut archive, &format!("pictures/{stored}.png")), in_store);

    let data = String::from_utf8(entry(&mut archive, "data.json")).expect("text");
    assert!(
        !data.contains("argon2id") && !data.contains("id_hash") && !data.contains("unsubscribe"),
        "{data}"
    );
    let data: Value = serde_json::from_str(&data).expect("json");
    assert_eq!(data["profile"]["email"], "a@example.org");
    let list = |name: &str| data[name].as_array().unwrap_or_else(|| panic!("{name}")).clone();
    assert_eq!(list("generations").len(), 3);
    assert!(
        list("generations").iter().all(|each| each["prompt"] == "a fox"
            && each["state"] == "ready"
            && each["style"] == "as_written")
    );
    let files: Vec<Value> = list("images").iter().map(|image| image["file"].clone()).collect();
    assert_eq!(files, [format!("pictures/{stored}.png"), format!("pictures/{staged}.png")]);
    assert_eq!((list("addresses").len(), list("sessions").len(), list("exports").len()), (0, 0, 1));

    // Told once, also if the job runs twice.
    whole.again(Job::ExportAccount { export_id: id }).await;
    whole.work_off().await;
    assert!(file(&whole, id).await.is_some());
    let mails = whole.mails().await;
    assert_eq!(mails.len(), 1);
    assert!(
        parse(&mails[0]).body_text(0).expect("text").contains("\nhttps://shop.example/account/exports\r\n")
    );
}

#[tokio::test]
async fn a_picture_that_is_lost_costs_none_of_the_others() {
    let whole = Whole::open().await;
    whole.shop.request().await;
    whole.shop.request().await;
    whole.work_off().await;
    let [lost, kept] = pictures(&whole).await.try_into().expect("two pictures");
    whole.services.storage.delete(&images::original_key(lost, images::Format::Png)).await.expect("lost");
    let id = request(&whole).await;
    whole.work_off().await;
    let mut archive =
        ZipArchive::new(Cursor::new(file(&whole, id).await.expect("a file"))).expect("an archive");
    assert!(!entry(&mut archive, &format!("pictures/{kept}.png")).is_empty());
    let data: Value = serde_json::from_slice(&entry(&mut archive, "data.json")).expect("json");
    assert_eq!(data["images"][0]["file"], Value::Null);
    assert_eq!(data["images"][0]["id"], lost.to_string());
}

#[tokio::test]
async fn a_file_goes_when_it_expired_or_when_a_newer_one_is_there() {
    let whole = Whole::open().await;
    let first = request(&whole).await;
    whole.work_off().await;
    whole.again(Job::PurgeExport { export_id: first }).await;
    let working = whole.work().await;
    whole.rest().await;
    working.stop().await;
    assert!(file(&whole, first).await.is_some(), "it is not due yet");
    assert_eq!(whole.attempts("purge_export").await[0].0, "put_off");

    let second = request(&whole).await;
    assert_ne!(second, first);
    whole.work_off().await;
    assert!(file(&whole, first).await.is_none());
    assert_eq!(state(&whole, first).await, ("expired".to_owned(), None));
    assert!(file(&whole, second).await.is_some());

    sqlx::query("update exports set expires_at = now() where id = $1")
        .bind(second)
        .execute(whole.db())
        .await
        .expect("over");
    whole.again(Job::PurgeExport { export_id: second }).await;
    whole.work_off().await;
    assert!(file(&whole, second).await.is_none());
    assert_eq!(state(&whole, second).await.0, "expired");
}

#[tokio::test]
async fn an_export_that_cannot_be_made_says_so_to_its_owner() {
    let whole = Whole::open().await;
    whole.poke("storage/outage", serde_json::json!({"seconds": 600})).await;
    let id = request(&whole).await;
    let working = whole.work().await;
    for _ in 0..400 {
        if state(&whole, id).await.0 != "queued" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let (state, problem) = state(&whole, id).await;
    assert_eq!(state, "failed");
    let problem = problem.expect("a sentence");
    assert!(
        problem.contains("could not be put together") && !problem.contains("S3") && !problem.contains("503"),
        "{problem}"
    );
    whole.poke("storage/outage", serde_json::json!({"seconds": 0})).await;
    whole.rest().await;
    working.stop().await;
    assert_ne!(request(&whole).await, id, "it can be asked for again");
}
