//! The sandbox, as a test turns its knobs: by HTTP, as a person on the dashboard would.

use std::time::Duration;

use anyhow::{Result, bail};
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
    /// Of those and others, still being answered.
    pub in_flight: u64,
    /// Pictures that were charged for.
    pub pictures: u64,
    /// What all of it was charged, in millionths of a dollar.
    pub microdollars: i64,
    /// The last ones.
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Debug, Deserialize)]
pub struct Call {
    /// What the answer carries as `x-request-id`.
    pub id: String,
    /// Where it went.
    pub path: String,
    /// Of the sentence, in hex.
    pub prompt_sha256: Option<String>,
    /// Pictures that were charged for.
    pub pictures: u64,
    /// What it was charged, in millionths of a dollar.
    pub microdollars: i64,
    /// When it came, in milliseconds since 1970.
    pub started_ms: u64,
    /// When it was answered.
    pub ended_ms: Option<u64>,
}

/// A mail that arrived.
#[derive(Debug, Clone, Deserialize)]
pub struct Letter {
    /// Where it was delivered.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    #[serde(default)]
    pub text: Option<String>,
    /// Its markup.
    #[serde(default)]
    pub html: Option<String>,
}

impl Letter {
    /// The first line of its text that is a link and holds this.
    ///
    /// # Errors
    /// If there is none.
    pub fn link(&self, part: &str) -> Result<String> {
        let text = self.text.as_deref().unwrap_or_default();
        match text.lines().map(str::trim).find(|line| line.starts_with("http") && line.contains(part)) {
            Some(link) => Ok(link.to_owned()),
            None => bail!("no link with {part:?} in:\n{text}"),
        }
    }
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

    /// Pictures cost no time to paint from now on: each answer is the same small one.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn prepared(&self) -> Result<()> {
        self.poke("openai/prepared", json!({"on": true})).await
    }

    /// What calls for pictures meet from now on, in percent: `rate_limited` (with `retry_after`), `failing`, `cut`,
    /// `out_of_money`. The empty object is fine weather.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn weather(&self, forecast: Value) -> Result<()> {
        self.poke("openai/weather", forecast).await
    }

    /// How long a picture takes from now on, at least and at most.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn draw_times(&self, ms: u64, to_ms: u64) -> Result<()> {
        self.poke("openai/draw_time", json!({"ms": ms, "to_ms": to_ms})).await
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

    /// The next mails are refused: with 421 or 451 for now, with 550 for ever.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn refuse_mails(&self, code: u16, mails: u32) -> Result<()> {
        self.poke("mail/refusal", json!({"code": code, "mails": mails})).await
    }

    /// The mails that arrived at an address, newest first.
    ///
    /// # Errors
    /// If the sandbox does not answer as it should.
    pub async fn letters(&self, to: &str) -> Result<Vec<Letter>> {
        let url = format!("{}/_sandbox/mail", self.dashboard);
        let letters: Vec<Letter> = self.http.get(url).send().await?.error_for_status()?.json().await?;
        Ok(letters.into_iter().filter(|letter| letter.to.iter().any(|each| each == to)).collect())
    }

    /// The newest mail to an address whose subject holds this, as soon as there is one.
    ///
    /// # Errors
    /// If none arrives within 20 s.
    pub async fn wait_for_letter(&self, to: &str, subject_part: &str) -> Result<Letter> {
        for _ in 0..400 {
            let letters = self.letters(to).await?;
            if let Some(letter) = letters.into_iter().find(|letter| letter.subject.contains(subject_part)) {
                return Ok(letter);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let subjects: Vec<String> =
            self.letters(to).await?.into_iter().map(|letter| letter.subject).collect();
        bail!("no mail to {to} is about {subject_part:?}; there are {subjects:?}")
    }

    /// The link to this place in the newest mail to an address that has one, as soon as there is one.
    ///
    /// # Errors
    /// If none arrives within 20 s.
    pub async fn wait_for_link(&self, to: &str, place: &str) -> Result<String> {
        for _ in 0..400 {
            if let Some(link) = self.letters(to).await?.iter().find_map(|letter| letter.link(place).ok()) {
                return Ok(link);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        bail!("no mail to {to} has a link to {place}")
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
