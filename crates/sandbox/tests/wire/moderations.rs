//! The moderation endpoint.

use serde_json::{Value, json};

use crate::started::{refusal, start};

#[tokio::test]
async fn texts_and_pictures_are_judged() {
    let started = start().await;
    let harmless: Value =
        started.post("/moderations", &json!({ "input": "a cat" })).await.json().await.expect("JSON");
    assert_eq!(harmless["model"], "omni-moderation-latest");
    assert_eq!(harmless["results"][0]["flagged"], false);
    assert_eq!(harmless["results"][0]["categories"].as_object().expect("categories").len(), 13);

    let list = json!({ "input": ["a cat", "sandbox:flag=hate"], "model": "omni-moderation-latest" });
    let two: Value = started.post("/moderations", &list).await.json().await.expect("JSON");
    assert_eq!(two["results"][0]["flagged"], false);
    assert_eq!(two["results"][1]["flagged"], true);
    assert_eq!(two["results"][1]["categories"]["hate"], true);
    assert_eq!(two["results"][1]["categories"]["violence"], false);

    let parts = json!({ "input": [
        { "type": "text", "text": "gore" },
        { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } },
    ] });
    let one: Value = started.post("/moderations", &parts).await.json().await.expect("JSON");
    assert_eq!(one["results"].as_array().expect("a list").len(), 1);
    assert_eq!(one["results"][0]["category_applied_input_types"]["violence"], json!(["text", "image"]));
    assert_eq!(one["results"][0]["flagged"], true);
    assert_eq!(started.read("openai/calls").await["moderations"], 3);

    let (status, error) = refusal(started.post("/moderations", &json!({})).await).await;
    assert_eq!((status, &error["param"]), (400, &json!("input")));
}
