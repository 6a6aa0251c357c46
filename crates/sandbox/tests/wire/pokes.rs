//! The pokes, by JSON and by form.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::started::{refusal, request, start};

#[tokio::test]
async fn the_next_calls_are_answered_as_ordered() {
    let started = start().await;
    started.poke("openai/next", &json!({ "status": 429, "retry_after": 7, "times": 2 })).await;
    started.poke("openai/next", &json!({ "status": 502, "body": { "odd": true } })).await;
    for _ in 0..2 {
        let answer = started.generate(&request("x")).await;
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["retry-after"]),
            (429, &"7".parse().expect("a value"))
        );
        assert_eq!(refusal(answer).await.1["code"], "rate_limit_exceeded");
    }
    // Moderation is not meant, unless the order names it.
    assert_eq!(started.post("/moderations", &json!({ "input": "x" })).await.status(), 200);
    let answer = started.generate(&request("x")).await;
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.json::<Value>().await.expect("JSON"), json!({ "odd": true }));
    assert_eq!(started.generate(&request("x")).await.status(), 200);
    started.poke("openai/next", &json!({ "status": 500, "path": "moderations" })).await;
    assert_eq!(started.post("/moderations", &json!({ "input": "x" })).await.status(), 500);
}

#[tokio::test]
async fn any_answer_can_be_ordered() {
    let started = start().await;
    let order = json!({ "status": 503, "text": "<html>away</html>", "delay_ms": 300,
                        "headers": { "X-Should-Retry": "false", "x-request-id": "req_of_the_test" } });
    started.poke("openai/next", &order).await;
    let since = Instant::now();
    let answer = started.generate(&request("x")).await;
    assert!(since.elapsed() >= Duration::from_millis(300));
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (503, &"text/html".parse().expect("a value"))
    );
    assert_eq!(answer.headers()["x-should-retry"], "false");
    assert_eq!(answer.headers().get_all("x-request-id").iter().collect::<Vec<_>>(), ["req_of_the_test"]);
    assert_eq!(answer.text().await.expect("text"), "<html>away</html>");
    started
        .poke(
            "openai/next",
            &json!({ "status": 200, "body": { "data": [1, 2, 3] }, "cut": true, "pictures": 2 }),
        )
        .await;
    assert!(started.generate(&request("x")).await.bytes().await.is_err());
    let calls = started.read("openai/calls").await;
    assert_eq!((&calls["pictures"], &calls["calls"][1]["pictures"]), (&json!(2), &json!(2)));
}

#[tokio::test]
async fn weather_is_changeable_and_a_prepared_picture_costs_as_much_as_a_painted_one() {
    let started = start().await;
    started.poke("openai/weather", &json!({ "cut": 100 })).await;
    assert!(started.generate(&request("x")).await.bytes().await.is_err());
    started.poke("openai/weather", &json!({ "rate_limited": 100, "retry_after": 3 })).await;
    let answer = started.generate(&request("x")).await;
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"3".parse().expect("a value"))
    );
    started.poke("openai/weather", &json!({})).await;
    started.poke("openai/prepared", &json!({ "on": true })).await;
    assert_eq!(started.generate(&request("y")).await.status(), 200);
    started.poke("openai/prepared", &json!({ "on": false })).await;
    assert_eq!(started.generate(&request("z")).await.status(), 200);
    let calls = started.read("openai/calls").await;
    // One token of text; 816 x 816 in medium quality is 1056 tokens of a square, by its share of the pixels.
    let charge = 5 + 30 * (1_056 * 816 * 816 / (1_024 * 1_024));
    let charges: Vec<_> = [0, 1, 2, 3].map(|call| calls["calls"][call]["microdollars"].clone()).into();
    assert_eq!(charges, [json!(charge), json!(0), json!(charge), json!(charge)]);
    assert_eq!(calls["microdollars"], json!(3 * charge));
}

#[tokio::test]
async fn draw_time_is_set_and_reset() {
    let started = start().await;
    started.poke("openai/draw_time", &json!({ "ms": 900 })).await;
    let since = Instant::now();
    started.generate(&request("x")).await;
    assert!(since.elapsed() >= Duration::from_millis(900));
    started.poke("openai/next", &json!({ "status": 500 })).await;
    started.poke("reset", &json!({})).await;
    let calls = started.read("openai/calls").await;
    assert_eq!((&calls["generations"], &calls["calls"]), (&json!(0), &json!([])));
    assert_eq!(started.generate(&request("x")).await.status(), 200);
}

#[tokio::test]
async fn the_dashboards_forms_poke_too() {
    let started = start().await;
    let url = |path: &str| format!("{}/_sandbox/{path}", started.sandbox.dashboard_url());
    let client =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
    let form = [("status", "503"), ("retry_after", ""), ("times", "1"), ("body", "")];
    let answer = client.post(url("openai/next")).form(&form).send().await.expect("an answer");
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["location"]),
        (303, &"/".parse().expect("a value"))
    );
    assert_eq!(started.generate(&request("x")).await.status(), 503);

    let foreign = client.post(url("reset")).header("sec-fetch-site", "cross-site").form(&form).send().await;
    assert_eq!(foreign.expect("an answer").status(), 403);
    let rebound = client.post(url("reset")).header("host", "evil.example").form(&form).send().await;
    assert_eq!(rebound.expect("an answer").status(), 403);
    for (path, body) in [
        ("openai/next", json!({})),
        ("openai/next", json!({ "status": 7 })),
        ("openai/next", json!({ "status": 200, "headers": { "a b": "c" } })),
        ("openai/weather", json!({ "cut": 60, "failing": 60 })),
        ("openai/draw_time", json!({ "ms": -1 })),
        ("openai/models", json!({ "id": "none" })),
        ("storage/outage", json!({ "seconds": -1 })),
    ] {
        let answer = client.post(url(path)).json(&body).send().await.expect("an answer");
        assert_eq!(answer.status(), 400, "{path}");
    }
}
