//! Stopping frees the ports and ends what runs; starting again finds the data.

use std::time::{Duration, Instant};

use sandbox::{Ports, Sandbox};

use crate::started::{Started, config, request, start};

#[tokio::test]
async fn stop_ends_calls_in_flight_and_frees_the_ports() {
    let started = start().await;
    let base = started.sandbox.openai_base_url();
    let port = |url: &str| url.rsplit(':').next().and_then(|rest| rest.split('/').next()?.parse().ok());
    let ports = Ports {
        openai: port(&base),
        stripe: port(&started.sandbox.stripe_base_url()),
        s3: port(&started.sandbox.s3_endpoint()),
        smtp: Some(started.sandbox.smtp_addr().port()),
        dashboard: port(&started.sandbox.dashboard_url()),
    };
    assert!(started.sandbox.smtp_addr().ip().is_loopback());
    let client = started.client.clone();
    let call = tokio::spawn(async move {
        let request = client.post(format!("{base}/images/generations")).bearer_auth("sk-test");
        request.json(&request_slow()).send().await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let Started { sandbox, data, .. } = started;
    let since = Instant::now();
    sandbox.stop().await;
    assert!(since.elapsed() < Duration::from_secs(3));
    assert!(call.await.expect("the task").is_err());
    let again =
        Sandbox::start(sandbox::SandboxConfig { ports, ..config(&data) }).await.expect("the same ports");
    again.stop().await;
}

fn request_slow() -> serde_json::Value {
    request("sandbox:slow=60")
}
