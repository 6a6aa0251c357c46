//! Stripe down, slow, wrong, or out of reach after the work was done.

use std::time::{Duration, Instant};

use sandbox::{Answer, Order};
use serde_json::{Value, json};

use crate::started::start;
use crate::stripe::session;

#[tokio::test]
async fn being_down_closes_the_connection_and_does_nothing() {
    let started = start().await;
    started.poke("stripe/down", &json!({ "seconds": 30 })).await;
    assert!(started.try_stripe("checkout/sessions", &session("eur"), "").await.is_err());
    started.poke("stripe/down", &json!({ "seconds": 0 })).await;
    assert_eq!(started.sandbox.till().account().sessions, 0);
    started.session().await;
    let calls = started.read("stripe/calls").await;
    assert_eq!(calls["by_path"]["POST /v1/checkout/sessions"], 2);
    assert_eq!(calls["by_status"], json!({ "0": 1, "200": 1 }));
}

#[tokio::test]
async fn the_next_calls_are_answered_as_ordered_and_nothing_is_done() {
    let started = start().await;
    let till = started.sandbox.till();
    let order =
        |answer, times| till.order(Order { answer, times, path: Some("POST /v1/checkout".to_owned()) });
    order(Answer::LockTimeout, 1);
    order(Answer::RateLimit, 1);
    order(Answer::ServerError, 1);
    order(Answer::Html, 1);
    order(Answer::HangUp, 1);
    // Calls that are not meant pass by.
    started.stripe_get("balance").await;
    for (status, code) in [(409, json!("lock_timeout")), (429, json!("rate_limit")), (500, Value::Null)] {
        let answer =
            started.try_stripe("checkout/sessions", &session("eur"), "one").await.expect("an answer");
        assert_eq!((answer.status, &answer.body["error"]["code"]), (status, &code));
        assert!(answer.headers.contains_key("request-id"));
    }
    let html = started.try_stripe("checkout/sessions", &session("eur"), "one").await.expect("an answer");
    assert_eq!((html.status, &html.headers["content-type"]), (502, &"text/html".parse().expect("a value")));
    assert!(html.body.as_str().expect("text").starts_with("<html>"));
    assert!(started.try_stripe("checkout/sessions", &session("eur"), "one").await.is_err());
    assert_eq!(till.account().sessions, 0);
    // None of these was kept under the key.
    let answer = started.try_stripe("checkout/sessions", &session("eur"), "one").await.expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(!answer.headers.contains_key("idempotent-replayed"));
}

#[tokio::test]
async fn a_lost_answer_means_work_done_and_the_key_brings_it_back() {
    let started = start().await;
    started.poke("stripe/next", &json!({ "answer": "lost", "times": 2 })).await;
    for _ in 0..2 {
        assert!(started.try_stripe("checkout/sessions", &session("eur"), "order-7").await.is_err());
    }
    let answer =
        started.try_stripe("checkout/sessions", &session("eur"), "order-7").await.expect("an answer");
    assert_eq!(answer.headers["idempotent-replayed"], "true");
    assert!(answer.headers["original-request"].to_str().expect("text").starts_with("req_"));
    assert_eq!(started.sandbox.till().account().sessions, 1);
}

#[tokio::test]
async fn being_slow_takes_so_much_longer_and_whoever_hangs_up_is_served_all_the_same() {
    let started = start().await;
    let till = started.sandbox.till().clone();
    till.slow_down(Duration::from_millis(400));
    let since = Instant::now();
    started.session().await;
    assert!(since.elapsed() >= Duration::from_millis(400));
    let url = format!("{}v1/checkout/sessions", started.sandbox.stripe_base_url());
    let hasty = started.client.post(url).bearer_auth("sk_test_x").form(&session("eur"));
    assert!(hasty.timeout(Duration::from_millis(100)).send().await.is_err());
    crate::stripe::until("the second session", || till.account().sessions == 2).await;
    started.poke("reset", &json!({})).await;
    let since = Instant::now();
    started.session().await;
    assert!(since.elapsed() < Duration::from_millis(400));
    assert_eq!(till.account().sessions, 3, "a reset forgets knobs and not payments");
}
