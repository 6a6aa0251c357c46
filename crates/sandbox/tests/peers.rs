//! Independent peers: OpenAI's and Stripe's own SDKs and boto3 drive the sandbox, so that it is not only our clients that it pleases.
//!
//! `PEERS_PYTHON` names an interpreter with `peers/requirements.txt` installed. Without it the checks are skipped, but
//! not in CI.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use sandbox::{Ports, Sandbox, SandboxConfig};
use tokio::process::Command;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openai_sdk() {
    run("openai_peer.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boto3() {
    run("boto3_peer.py").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripe_sdk() {
    run("stripe_peer.py").await;
}

async fn run(script: &str) {
    let Some(python) = std::env::var_os("PEERS_PYTHON").filter(|python| !python.is_empty()) else {
        assert!(std::env::var_os("CI").is_none(), "PEERS_PYTHON must be set in CI");
        skip(script);
        return;
    };
    let data = tempfile::tempdir().expect("a folder");
    let config = SandboxConfig {
        data_dir: data.path().to_owned(),
        ports: Ports::default(),
        bucket: "art".to_owned(),
        access_key: "sandbox-key".to_owned(),
        secret_key: "sandbox-secret".to_owned(),
        draw_time: Duration::ZERO..=Duration::ZERO,
        stripe_webhooks: Vec::new(),
    };
    let sandbox = Sandbox::start(config).await.expect("the sandbox starts");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
    let output = Command::new(python)
        .arg(&script)
        .env("SANDBOX_OPENAI_URL", sandbox.openai_base_url())
        .env("SANDBOX_STRIPE_URL", sandbox.stripe_base_url())
        .env("SANDBOX_S3_URL", sandbox.s3_endpoint())
        .env("SANDBOX_S3_BUCKET", "art")
        .env("SANDBOX_S3_KEY", "sandbox-key")
        .env("SANDBOX_S3_SECRET", "sandbox-secret")
        .env("SANDBOX_POKES_URL", sandbox.dashboard_url())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // A proxy of the machine's has nothing to do with loopback.
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .output()
        .await
        .expect("PEERS_PYTHON can be run");
    assert!(
        output.status.success(),
        "{} failed\n{}\n{}",
        script.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    sandbox.stop().await;
}

/// Straight to standard error: the test runner keeps what a passing test prints to itself, and a skip must be seen.
fn skip(script: &str) {
    use std::io::Write;
    writeln!(std::io::stderr(), "SKIPPED: {script}: PEERS_PYTHON is not set").ok();
}
