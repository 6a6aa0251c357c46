//! Every magic word, and a client that hangs up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::started::{refusal, request, start};

#[tokio::test]
async fn each_word_gives_its_error_class() {
    let started = start().await;
    let cases = [
        ("billing_hard_limit", 400, "billing_limit_user_error", json!("billing_hard_limit_reached")),
        ("insufficient_quota", 429, "insufficient_quota", json!("insufficient_quota")),
        ("credit_balance_exhausted", 429, "insufficient_quota", json!("credit_balance_exhausted")),
        ("project_spend_limit_exceeded", 429, "insufficient_quota", json!("project_spend_limit_exceeded")),
        ("slow_down", 429, "rate_limit_error", json!("slow_down")),
        ("moderation", 400, "image_generation_user_error", json!("moderation_blocked")),
        ("unverified", 403, "invalid_request_error", Value::Null),
        ("model_gone", 400, "image_generation_user_error", json!("invalid_value")),
        ("model_not_found", 404, "invalid_request_error", json!("model_not_found")),
        ("500", 500, "server_error", Value::Null),
        ("503", 503, "service_unavailable_error", json!("server_is_overloaded")),
    ];
    for (word, expected, kind, code) in cases {
        let answer = started.generate(&request(&format!("a cat sandbox:{word}"))).await;
        let (status, error) = refusal(answer).await;
        assert_eq!(
            (status, &error["type"], &error["code"]),
            (expected, &json!(kind), &code),
            "{word}: {error}"
        );
    }
    let billing = refusal(started.generate(&request("sandbox:billing_hard_limit")).await).await.1;
    assert_eq!(billing["message"], "Billing hard limit has been reached.");
    for (word, stage) in [("moderation", "input"), ("moderation=output", "output")] {
        let blocked = refusal(started.generate(&request(&format!("sandbox:{word}"))).await).await.1;
        assert_eq!(
            blocked["moderation_details"],
            json!({ "moderation_stage": stage, "categories": ["violence"] })
        );
    }
    assert_eq!(started.read("openai/calls").await["pictures"], 0);
}

#[tokio::test]
async fn a_rate_limit_says_when_to_come_back() {
    let started = start().await;
    let answer = started.generate(&request("sandbox:rate_limit=7")).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert_eq!(answer.headers()["retry-after-ms"], "7000");
    assert_eq!(answer.headers()["x-ratelimit-remaining-images"], "0");
    assert_eq!(answer.headers()["x-ratelimit-reset-images"], "7s");
    let (_, error) = refusal(answer).await;
    assert_eq!(error["code"], "rate_limit_exceeded");
    assert!(error["message"].as_str().expect("a message").contains("Please try again in 7s"));
}

#[tokio::test]
async fn a_proxy_answers_in_html() {
    let started = start().await;
    let answer = started.generate(&request("sandbox:html429")).await;
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["content-type"], "text/html");
    assert!(answer.text().await.expect("text").starts_with("<html>"));
}

#[tokio::test]
async fn fails_twice_then_works_for_each_prompt_by_itself() {
    let started = start().await;
    for prompt in ["one sandbox:500x2", "two sandbox:500x2"] {
        for expected in [500, 500, 200, 200] {
            assert_eq!(started.generate(&request(prompt)).await.status(), expected, "{prompt}");
        }
    }
}

#[tokio::test]
async fn a_cut_answer_was_paid_for() {
    let started = start().await;
    let answer = started.generate(&request("sandbox:cut")).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.bytes().await.is_err());
    let calls = started.read("openai/calls").await;
    assert_eq!((&calls["generations"], &calls["pictures"]), (&json!(1), &json!(1)));
    assert_eq!(calls["calls"][0]["status"], 200);
}

#[tokio::test]
async fn paid_answers_may_lack_something() {
    let started = start().await;
    let body: Value = started.generate(&request("sandbox:no_usage")).await.json().await.expect("JSON");
    assert!(body["data"][0]["b64_json"].is_string());
    assert!(body["usage"]["total_tokens"].is_number());
    assert_eq!(body["usage"]["input_tokens_details"], Value::Null);
    let body: Value = started.generate(&request("sandbox:empty")).await.json().await.expect("JSON");
    assert_eq!(body["data"], json!([]));
}

#[tokio::test]
async fn slow_takes_its_time() {
    let started = start().await;
    let since = Instant::now();
    assert_eq!(started.generate(&request("sandbox:slow=1")).await.status(), 200);
    assert!(since.elapsed() >= Duration::from_secs(1));
    let since = Instant::now();
    assert_eq!(started.generate(&request("sandbox:slow=1 sandbox:503")).await.status(), 503);
    assert!(since.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn who_hangs_up_still_pays() {
    let started = start().await;
    let url = format!("{}/images/generations", started.sandbox.openai_base_url());
    let hasty = started.client.post(url).bearer_auth("sk-test").json(&request("sandbox:slow=4"));
    assert!(hasty.timeout(Duration::from_secs(1)).send().await.is_err());
    let calls = started.read("openai/calls").await;
    assert_eq!((&calls["generations"], &calls["in_flight"]), (&json!(1), &json!(1)));
    assert_eq!(calls["calls"][0]["status"], Value::Null);
    let calls = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let calls = started.read("openai/calls").await;
        if calls["in_flight"] == 0 {
            break calls;
        }
    };
    assert_eq!(calls["pictures"], 1);
    assert_eq!(calls["calls"][0]["client_gone"], true);
}
