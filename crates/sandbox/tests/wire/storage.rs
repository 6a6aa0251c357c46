//! The S3 store, with requests that rusty-s3 signs.

use std::time::Duration;

use reqwest::Response;
use rusty_s3::actions::{DeleteObject, GetObject, HeadObject, PutObject};
use rusty_s3::{Bucket, Credentials, S3Action, UrlStyle};
use serde_json::json;

use crate::started::{ACCESS_KEY, SECRET_KEY, Started, start};

const HOUR: Duration = Duration::from_hours(1);

fn bucket(started: &Started) -> Bucket {
    let endpoint = started.sandbox.s3_endpoint().parse().expect("a URL");
    Bucket::new(endpoint, UrlStyle::Path, "art", "eu-central-1").expect("a bucket")
}

fn key() -> Credentials {
    Credentials::new(ACCESS_KEY, SECRET_KEY)
}

async fn put(started: &Started, name: &str, bytes: &'static [u8]) -> Response {
    let url = PutObject::new(&bucket(started), Some(&key()), name).sign(HOUR);
    let request = started.client.put(url).header("content-type", "image/png").body(bytes);
    request.send().await.expect("an answer")
}

async fn get(started: &Started, name: &str) -> Response {
    let url = GetObject::new(&bucket(started), Some(&key()), name).sign(HOUR);
    started.client.get(url).send().await.expect("an answer")
}

#[tokio::test]
async fn objects_are_put_read_and_deleted() {
    let started = start().await;
    assert_eq!(put(&started, "a/b.png", b"picture").await.status(), 200);
    let answer = get(&started, "a/b.png").await;
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert_eq!(answer.bytes().await.expect("bytes"), &b"picture"[..]);
    let url = HeadObject::new(&bucket(&started), Some(&key()), "a/b.png").sign(HOUR);
    assert_eq!(started.client.head(url).send().await.expect("an answer").headers()["content-length"], "7");
    let url = DeleteObject::new(&bucket(&started), Some(&key()), "a/b.png").sign(HOUR);
    assert_eq!(started.client.delete(url).send().await.expect("an answer").status(), 204);
    assert_eq!(get(&started, "a/b.png").await.status(), 404);
    let counts = started.read("storage/calls").await;
    assert_eq!(counts["put"], 1);
    assert_eq!(counts["get"], 2);
    assert_eq!(counts["head"], 1);
    assert_eq!(counts["delete"], 1);
    assert_eq!(counts["refused"], 0);
}

#[tokio::test]
async fn what_is_not_signed_rightly_is_refused() {
    let started = start().await;
    put(&started, "a.png", b"picture").await;
    let good = GetObject::new(&bucket(&started), Some(&key()), "a.png").sign(HOUR);
    let anonymous = bucket(&started).object_url("a.png");
    let tampered = good.as_str().replace("a.png", "b.png");
    let wrong = Credentials::new(ACCESS_KEY, "another secret");
    let foreign = GetObject::new(&bucket(&started), Some(&wrong), "a.png").sign(HOUR);
    let short = GetObject::new(&bucket(&started), Some(&key()), "a.png").sign(Duration::from_secs(1));
    tokio::time::sleep(Duration::from_millis(2500)).await;
    for (what, url) in [
        ("anonymous", anonymous.as_str()),
        ("tampered", &tampered),
        ("wrong secret", foreign.as_str()),
        ("expired", short.as_str()),
    ] {
        let answer = started.client.get(url).send().await.expect("an answer");
        assert_eq!(answer.status(), 403, "{what}");
    }
    assert_eq!(started.client.get(good).send().await.expect("an answer").status(), 200);
    assert_eq!(started.read("storage/calls").await["refused"], 4);
}

#[tokio::test]
async fn an_outage_answers_503_until_it_ends() {
    let started = start().await;
    assert_eq!(put(&started, "a.png", b"picture").await.status(), 200);
    started.poke("storage/outage", &json!({ "seconds": 60 })).await;
    let answer = put(&started, "b.png", b"picture").await;
    assert_eq!(answer.status(), 503);
    let body = answer.text().await.expect("text");
    assert!(
        body.contains("<Code>SlowDown</Code>") || body.contains("<Code>ServiceUnavailable</Code>"),
        "{body}"
    );
    assert_eq!(get(&started, "a.png").await.status(), 503);
    started.poke("storage/outage", &json!({ "seconds": 0 })).await;
    assert_eq!(get(&started, "a.png").await.status(), 200);
    started.poke("storage/outage", &json!({ "seconds": 3 })).await;
    assert_eq!(get(&started, "a.png").await.status(), 503);
    tokio::time::sleep(Duration::from_millis(3200)).await;
    assert_eq!(get(&started, "a.png").await.status(), 200);
    assert_eq!(started.read("storage/calls").await["failed"], 3);
}

#[tokio::test]
async fn a_key_cannot_climb_out() {
    let started = start().await;
    let url = format!("{}/art/x%2F..%2F..%2Fother", started.sandbox.s3_endpoint());
    assert_eq!(started.client.get(url).send().await.expect("an answer").status(), 400);
}
