//! The sandbox, as a test turns its knobs: by HTTP, as a person on the dashboard would.

use anyhow::Result;
use serde::Deserialize;
use serde_json::{Value, json};

/// The outside of one shop.
#[derive(Clone)]
pub struct Outside {
    http: reqwest::Client,
    dashboard: String,
}

/// What the provider saw.
#[derive(Debug, Deserialize)]
pub struct Calls {
    /// Calls for pictures from words alone.
    pub generations: u64,
    /// Calls for pictures from another one.
    pub edits: u64,
    /// Pictures that were charged for.
    pub pictures: u64,
    /// Of those and others, still being answered.
    pub in_flight: u64,
    /// The last ones.
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Debug, Deserialize)]
pub struct Call {
    /// When it came, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it was answered.
    pub ended_ms: Option<u64>,
}

impl Outside {
    /// Behind this dashboard.
    pub fn new(http: reqwest::Client, dashboard: String) -> Self {
        Self { http, dashboard }
    }

    /// Where the dashboard is.
    pub fn dashboard(&self) -> &str {
        &self.dashboard
    }

    /// What the provider saw so far.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn calls(&self) -> Result<Calls> {
        let url = format!("{}/_sandbox/openai/calls", self.dashboard);
        Ok(self.http.get(url).send().await?.error_for_status()?.json().await?)
    }

    /// How long a picture takes from now on.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn draw_time(&self, ms: u64) -> Result<()> {
        self.poke("openai/draw_time", json!({"ms": ms})).await
    }

    /// Storage answers 503 for so long.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn storage_outage(&self, seconds: u64) -> Result<()> {
        self.poke("storage/outage", json!({"seconds": seconds})).await
    }

    /// What the provider answers to the next call.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn next_answer(&self, answer: Value) -> Result<()> {
        self.poke("openai/next", answer).await
    }

    async fn poke(&self, path: &str, body: Value) -> Result<()> {
        self.http
            .post(format!("{}/_sandbox/{path}", self.dashboard))
            .json(&body)
            .send()
            .await?
            .error_for_status()?;
        Ok(())
    }
}
