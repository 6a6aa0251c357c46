//! What Stripe tells us: taken once, at once, and from Stripe alone.

use futures::future::join_all;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Method, StatusCode};
use sha2::Sha256;
use shop::Cause;
use web::config::Switch;

use crate::support::{Answer, Shop, WEBHOOK_SECRET};

fn event(id: &str, livemode: bool) -> String {
    format!(
        r#"{{"id":"{id}","object":"event","api_version":"2030-01-01.unheard","created":1795500000,"livemode":{livemode},
            "type":"charge.dispute.created","data":{{"object":{{"id":"dp_1","object":"dispute","payment_intent":"pi_1",
            "a_field_of_tomorrow":[1,{{}}],"metadata":{{"payment_session_id":"0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11"}}}}}}}}"#
    )
}

fn signature(secret: &str, seconds_ago: i64, body: &str) -> String {
    let time = Cause::now(None).at.timestamp() - seconds_ago;
    let key: Hmac<Sha256> = Hmac::new_from_slice(secret.as_bytes()).expect("a key");
    let signed = key.chain_update(format!("{time}.{body}")).finalize().into_bytes();
    format!("t={time},v1={}", hex::encode(signed))
}

async fn tell(shop: &Shop, body: &str, signature: &str) -> Answer {
    let browser = shop.browser();
    let request = browser.request(Method::POST, "/hooks/stripe").header("content-type", "application/json");
    browser.send(request.header("stripe-signature", signature).body(body.to_owned())).await
}

/// How many events are stored, and how many jobs follow from them.
async fn taken(shop: &Shop) -> (i64, i64) {
    let sql = "select (select count(*) from payment_events),
                      (select count(*) from apalis.jobs where convert_from(job, 'utf8')::jsonb ->> 'job' = 'apply_payment_event')";
    sqlx::query_as(sql).fetch_one(shop.db()).await.expect("counts")
}

#[tokio::test]
async fn an_event_is_taken_as_it_came() {
    let shop = Shop::open().await;
    let body = event("evt_1", false);
    let answer = tell(&shop, &body, &signature(WEBHOOK_SECRET, 0, &body)).await;
    assert_eq!((answer.status, answer.text.as_str()), (StatusCode::OK, "taken\n"));
    let row: (String, String, String, Option<String>, Option<uuid::Uuid>, Vec<u8>, bool) = sqlx::query_as(
        "select provider, provider_ref, kind, payment_ref, session_id, raw, was_fetched from payment_events where object_ref = 'dp_1'",
    )
    .fetch_one(shop.db())
    .await
    .expect("stored");
    let session = "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".parse().expect("an id");
    let expected = ("stripe", "evt_1", "charge.dispute.created", Some("pi_1".to_owned()), Some(session));
    assert_eq!((row.0.as_str(), row.1.as_str(), row.2.as_str(), row.3, row.4), expected);
    assert_eq!((row.5.as_slice(), row.6), (body.as_bytes(), false), "to the byte");
    assert_eq!(taken(&shop).await, (1, 1));
}

#[tokio::test]
async fn the_same_event_is_one_job_however_often_and_at_once_it_comes() {
    let shop = Shop::open().await;
    let body = event("evt_1", false);
    let signed = signature(WEBHOOK_SECRET, 0, &body);
    let answers = join_all((0..20).map(|_| tell(&shop, &body, &signed))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK), "each is thanked for");
    assert_eq!(tell(&shop, &body, &signature(WEBHOOK_SECRET, 60, &body)).await.status, StatusCode::OK);
    assert_eq!(taken(&shop).await, (1, 1));
}

#[tokio::test]
async fn what_is_not_stripes_own_is_refused() {
    let shop = Shop::open().await;
    let (body, other) = (event("evt_1", false), event("evt_2", false));
    let live = event("evt_3", true);
    for (why, body, signature) in [
        ("another secret", &body, signature("whsec_somebody_else", 0, &body)),
        ("an old signature", &body, signature(WEBHOOK_SECRET, 301, &body)),
        ("one from the future", &body, signature(WEBHOOK_SECRET, -310, &body)),
        ("another body", &other, signature(WEBHOOK_SECRET, 0, &body)),
        ("none", &body, String::new()),
        ("the other kind of money", &live, signature(WEBHOOK_SECRET, 0, &live)),
        ("no event", &"{}".to_owned(), signature(WEBHOOK_SECRET, 0, "{}")),
    ] {
        let answer = tell(&shop, body, &signature).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{why}: {}", answer.text);
    }
    let huge = format!("{}{}", event("evt_1", false), " ".repeat(512 * 1024));
    assert_eq!(
        tell(&shop, &huge, &signature(WEBHOOK_SECRET, 0, &huge)).await.status,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(taken(&shop).await, (0, 0));
}

#[tokio::test]
async fn a_secret_is_replaced_without_a_gap_and_live_is_said_by_a_setting() {
    let shop = Shop::open_with(|config| {
        config.stripe_webhook_secrets = "whsec_new, whsec_old".into();
        config.stripe_livemode = Some(Switch::On);
    })
    .await;
    for (number, secret) in ["whsec_old", "whsec_new"].into_iter().enumerate() {
        let body = event(&format!("evt_{number}"), true);
        assert_eq!(tell(&shop, &body, &signature(secret, 0, &body)).await.status, StatusCode::OK, "{secret}");
    }
    let test = event("evt_test", false);
    assert_eq!(tell(&shop, &test, &signature("whsec_new", 0, &test)).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(taken(&shop).await, (2, 2));
}

#[tokio::test]
async fn an_event_about_something_without_a_name_is_taken_too() {
    let shop = Shop::open().await;
    let body = r#"{"id":"evt_1","type":"balance.available","created":1,"livemode":false,"data":{"object":{"object":"balance"}}}"#;
    assert_eq!(tell(&shop, body, &signature(WEBHOOK_SECRET, 0, body)).await.status, StatusCode::OK);
    assert_eq!(taken(&shop).await, (1, 1));
}
