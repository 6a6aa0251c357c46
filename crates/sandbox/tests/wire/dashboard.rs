//! The dashboard's pages.

use serde_json::json;

use crate::started::{request, start};

#[tokio::test]
async fn the_overview_shows_what_happened_and_needs_nothing_from_elsewhere() {
    let started = start().await;
    started.generate(&request("sandbox:503 <b>")).await;
    started.poke("storage/outage", &json!({ "seconds": 30 })).await;
    let url = started.sandbox.dashboard_url();
    let answer = started.client.get(&url).send().await.expect("an answer");
    let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
    assert!(policy.starts_with("default-src 'self'"));
    let page = answer.text().await.expect("text");
    for expected in [
        started.sandbox.openai_base_url(),
        started.sandbox.s3_endpoint(),
        started.sandbox.smtp_addr().to_string(),
        "1 generations".to_owned(),
        "Down for another".to_owned(),
        "sandbox:billing_hard_limit".to_owned(),
    ] {
        assert!(page.contains(&expected), "{expected}");
    }
    // Neither inline style nor script, which the policy would block.
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("<style"));
    let style = started.client.get(format!("{url}/dashboard.css")).send().await.expect("an answer");
    assert_eq!(style.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(started.client.get(format!("{url}/nothing")).send().await.expect("an answer").status(), 404);
}
