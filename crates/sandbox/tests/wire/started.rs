//! A sandbox of its own for each test.

use std::time::Duration;

use reqwest::{Client, Response};
use sandbox::{Ports, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use tempfile::TempDir;

pub const ACCESS_KEY: &str = "sandbox-key";
pub const SECRET_KEY: &str = "sandbox-secret";
pub const MODEL: &str = "gpt-image-2.6-flare";

pub struct Started {
    pub sandbox: Sandbox,
    pub client: Client,
    pub data: TempDir,
}

pub fn config(data: &TempDir) -> SandboxConfig {
    SandboxConfig {
        data_dir: data.path().to_owned(),
        ports: Ports::default(),
        bucket: "art".to_owned(),
        access_key: ACCESS_KEY.to_owned(),
        secret_key: SECRET_KEY.to_owned(),
        draw_time: Duration::ZERO..=Duration::ZERO,
        stripe_webhooks: Vec::new(),
    }
}

pub async fn start() -> Started {
    let data = tempfile::tempdir().expect("a folder");
    start_in(data).await
}

pub async fn start_in(data: TempDir) -> Started {
    // The first test of the process installs it, the others find it there.
    rustls::crypto::ring::default_provider().install_default().ok();
    let sandbox = Sandbox::start(config(&data)).await.expect("the sandbox starts");
    let client = Client::builder().timeout(Duration::from_mins(1)).build().expect("a client");
    Started { sandbox, client, data }
}

/// What every picture below is asked for with: small and quick.
pub fn request(prompt: &str) -> Value {
    json!({ "model": MODEL, "prompt": prompt, "size": "816x816", "output_format": "jpeg", "output_compression": 60 })
}

impl Started {
    pub async fn generate(&self, body: &Value) -> Response {
        self.post("/images/generations", body).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Response {
        let url = format!("{}{path}", self.sandbox.openai_base_url());
        self.client.post(url).bearer_auth("sk-test").json(body).send().await.expect("an answer")
    }

    pub async fn get(&self, path: &str) -> Response {
        let url = format!("{}{path}", self.sandbox.openai_base_url());
        self.client.get(url).bearer_auth("sk-test").send().await.expect("an answer")
    }

    pub async fn poke(&self, path: &str, body: &Value) {
        let url = format!("{}/_sandbox/{path}", self.sandbox.dashboard_url());
        let answer = self.client.post(url).json(body).send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "{}", answer.text().await.unwrap_or_default());
    }

    pub async fn read(&self, path: &str) -> Value {
        let url = format!("{}/_sandbox/{path}", self.sandbox.dashboard_url());
        self.client.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }
}

/// Status and error object of a refusal.
pub async fn refusal(answer: Response) -> (u16, Value) {
    let status = answer.status().as_u16();
    let body: Value = answer.json().await.expect("JSON");
    (status, body["error"].clone())
}
