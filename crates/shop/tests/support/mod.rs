//! What the tests of this crate start from.

#![allow(dead_code, reason = "each test binary uses its part")]

use shop::{
    Cause,
    generations::{self, Answer, Begun, Drawing, Picture, Wish},
    ids::{AccountId, GenerationId, ImageId},
    images::Format,
    testing::{self, Database, LIMITS, TERMS, claim, give_credits},
};

pub fn cause() -> Cause {
    Cause::now(Some("request-1".to_owned()))
}

pub async fn account(database: &Database, email: &str) -> AccountId {
    let id = testing::account(&database.pool, email, "$argon2id$none").await;
    give_credits(&database.pool, id, 1_000).await;
    id
}

pub fn wish(prompt: &str) -> Wish {
    Wish { count: 2, again: true, ..shop::testing::wish(prompt) }
}

/// A generation that was just asked for.
pub async fn requested(database: &Database, account: AccountId, prompt: &str) -> GenerationId {
    generations::request(&database.pool, &cause(), account, &wish(prompt), LIMITS)
        .await
        .expect("requested")
        .expect("accepted")
}

pub fn answer(pictures: usize) -> Answer {
    let picture =
        Picture { bytes: b"png".to_vec(), format: Format::Png, width: 1024, height: 1024, sha256: [7; 32] };
    Answer {
        pictures: vec![picture; pictures],
        usage: None,
        cost_microdollars: Some(40_000),
        request_id: Some("req_1".to_owned()),
    }
}

/// Begins a generation as the worker that holds its job.
pub async fn begin(database: &Database, id: GenerationId) -> Option<Drawing> {
    let claim = claim(&database.pool).await;
    match generations::begin(&database.pool, &cause(), &claim, id, TERMS).await.expect("answered") {
        Begun::Draw(drawing) => Some(drawing),
        Begun::Nothing => None,
        Begun::Paused => panic!("nothing may be spent"),
    }
}

/// A generation that came out, and its images.
pub async fn ready(database: &Database, account: AccountId) -> (GenerationId, Vec<ImageId>) {
    let id = requested(database, account, "a fox").await;
    let drawing = begin(database, id).await.expect("to draw");
    generations::answered(&database.pool, &cause(), drawing.call_id, &answer(2)).await.expect("answered");
    let images = shop::images::of_generations(&database.pool, &[id]).await.expect("images");
    (id, images.into_iter().map(|card| card.id).collect())
}

/// The stored jobs of this name, oldest first.
pub async fn jobs(database: &Database, name: &str) -> Vec<serde_json::Value> {
    let payloads: Vec<String> = sqlx::query_scalar(
        "select convert_from(job, 'utf8') from apalis.jobs where convert_from(job, 'utf8')::jsonb ->> 'job' = $1 order by id",
    )
    .bind(name)
    .fetch_all(&database.pool)
    .await
    .expect("jobs");
    payloads.iter().map(|payload| serde_json::from_str(payload).expect("json")).collect()
}
