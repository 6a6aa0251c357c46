//! Sizes as OpenAI takes them.

use serde_json::{Value, json};

use crate::started::{MODEL, refusal, start};

#[tokio::test]
async fn sizes_outside_the_rules_are_refused() {
    let started = start().await;
    let bad = [
        "512x512",
        "1000x1000",
        "1025x1024",
        "3840x3840",
        "4096x1024",
        "2560x800",
        "big",
        "1024",
        "1024x",
        "x",
    ];
    for size in bad {
        let (status, error) =
            refusal(started.generate(&json!({ "model": MODEL, "prompt": "x", "size": size })).await).await;
        assert_eq!(status, 400, "{size}");
        assert_eq!(error["type"], "image_generation_user_error", "{size}");
        assert_eq!(error["code"], "invalid_value", "{size}");
        assert_eq!(error["param"], "size", "{size}");
        assert!(error["message"].as_str().expect("a message").contains(size), "{size}");
    }
}

#[tokio::test]
async fn any_size_within_the_rules_is_drawn() {
    let started = start().await;
    for (asked, drawn) in [("auto", "1024x1024"), ("1024x1536", "1024x1536"), ("1392x480", "1392x480")] {
        let body = json!({ "model": MODEL, "prompt": "sea", "size": asked, "output_format": "jpeg" });
        let body: Value = started.generate(&body).await.json().await.expect("JSON");
        assert_eq!(body["size"], drawn);
    }
}
