//! Our client against aimock, a stand-in for the provider that we did not write: what we understand is not only what our own
//! sandbox says.
//!
//! `PEERS_AIMOCK` names its program (`peers/package.json`); `./test` installs it. Without it these are skipped, but not in CI.

mod painter;
mod support;

use std::{
    io::{BufRead, BufReader, Cursor, Write},
    process::{Child, Command, Stdio},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use image::{ImageFormat, RgbImage};
use serde_json::{Value, json};
use shop::providers::Listed;
use tempfile::TempDir;
use worker::{
    config::Moderation,
    providers::openai::{Failure, OpenAi, Request},
};

/// The stand-in as a process of its own.
struct Aimock {
    child: Child,
    url: String,
    _folder: TempDir,
}

impl Aimock {
    fn start(fixtures: &Value) -> Option<Self> {
        let Some(program) = std::env::var_os("PEERS_AIMOCK").filter(|program| !program.is_empty()) else {
            assert!(std::env::var_os("CI").is_none(), "PEERS_AIMOCK must be set in CI");
            // Straight to standard error: the test runner keeps what a passing test prints to itself, and a skip must be seen.
            writeln!(std::io::stderr(), "SKIPPED: aimock: PEERS_AIMOCK is not set").ok();
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("fixtures.json");
        std::fs::write(&path, fixtures.to_string()).expect("written");
        let mut child = Command::new("node")
            .arg(program)
            .args(["--port", "0", "--validate-on-load", "--fixtures"])
            .arg(&path)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node can be run");
        let lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| line.split_once("listening on ").map(|(_, url)| url.trim().to_owned()))
            .expect("it listens");
        Some(Self { child, url, _folder: folder })
    }

    async fn asked(&self) -> usize {
        let journal = reqwest::Client::builder().no_proxy().build().expect("a client");
        let seen: Value = journal
            .get(format!("{}/v1/_requests", self.url))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("json");
        let calls = seen.as_array().expect("a list");
        calls.iter().filter(|call| call["path"] == "/v1/images/generations").count()
    }
}

impl Drop for Aimock {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn request(prompt: &str) -> Request {
    Request {
        prompt: prompt.to_owned(),
        size: "1024x1024".to_owned(),
        quality: "low",
        count: 1,
        source: None,
    }
}

async fn client(url: &str) -> OpenAi {
    rustls::crypto::ring::default_provider().install_default().ok();
    // The services want a store; nothing is asked of it here.
    let folder = tempfile::tempdir().expect("a folder");
    let sandbox = support::sandbox(folder.path()).await;
    let db = sqlx::PgPool::connect_lazy("postgres://unused").expect("a pool that is never used");
    support::services(&db, &sandbox, &[&format!("--openai-base-url={url}/v1")]).openai
}

#[tokio::test]
async fn a_server_that_we_did_not_write_is_understood() {
    let mut encoded = Cursor::new(Vec::new());
    RgbImage::new(16, 16).write_to(&mut encoded, ImageFormat::Png).expect("png");
    let picture = encoded.into_inner();
    let error = |prompt: &str, status: u16, kind: &str, code: &str, message: &str| {
        json!({"match": {"endpoint": "image", "userMessage": prompt},
               "response": {"status": status, "retryAfter": 7, "error": {"message": message, "type": kind, "code": code}}})
    };
    let drawn = |prompt: &str, chaos: Value| {
        json!({"match": {"endpoint": "image", "userMessage": prompt}, "chaos": chaos,
               "response": {"images": [{"b64Json": STANDARD.encode(&picture), "revisedPrompt": "a red fox"}]}})
    };
    let fixtures = json!({"fixtures": [
        drawn("a fox", json!({})),
        drawn("a torn fox", json!({"malformedRate": 1})),
        drawn("a vanished fox", json!({"disconnectRate": 1})),
        json!({"match": {"endpoint": "image", "userMessage": "a linked fox"},
               "response": {"image": {"url": "https://example.org/fox.png"}}}),
        error("a dear fox", 400, "billing_limit_user_error", "billing_hard_limit_reached", "Billing hard limit has been reached."),
        error("a quick fox", 429, "requests", "rate_limit_exceeded", "Rate limit reached"),
        error("a poor fox", 429, "insufficient_quota", "insufficient_quota", "You exceeded your current quota"),
        error("a bad fox", 400, "image_generation_user_error", "moderation_blocked", "Rejected. safety_violations=[violence]."),
        error("a tired fox", 500, "server_error", "", "The server had an error"),
        error("a busy fox", 503, "service_unavailable_error", "server_is_overloaded", "Overloaded"),
        error("a locked fox", 401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    ]});
    let Some(aimock) = Aimock::start(&fixtures) else { return };
    let openai = client(&aimock.url).await;

    let answer = openai.draw(&request("a fox"), drop).await.expect("a picture");
    assert_eq!(
        (answer.pictures, answer.usage),
        (vec![picture], None),
        "no usage is no reason to lose a picture"
    );

    let wrong =
        ["dear", "quick", "poor", "bad", "tired", "busy", "locked", "torn", "vanished", "linked", "missing"];
    let mut seen = Vec::new();
    for kind in wrong {
        let failed = openai.draw(&request(&format!("a {kind} fox")), drop).await.expect_err(kind);
        seen.push(failed.failure.to_string());
        match (kind, failed.failure) {
            ("quick", Failure::RateLimited { after }) => assert_eq!(after, Duration::from_secs(7)),
            ("dear" | "poor", Failure::Billing { .. })
            | ("bad", Failure::Refused { .. })
            | ("tired" | "busy", Failure::Failed { .. })
            | ("locked" | "missing", Failure::Configuration { .. })
            | ("torn" | "vanished" | "linked", Failure::Ambiguous { .. }) => {}
            (kind, other) => panic!("a {kind} fox is {other:?}"),
        }
    }
    // A call that was hung up on may not be in its journal; none may be there twice.
    let asked = aimock.asked().await;
    assert!((wrong.len()..=wrong.len() + 1).contains(&asked), "{asked} calls: {seen:#?}");

    assert_eq!(openai.moderate("a fox", None).await.expect("an answer"), None);
    let models = openai.models_in_use(Moderation::Off);
    assert_eq!(openai.listed(&models).await.expect("a list"), [Listed::Nowhere], "it lists older models");
}
