//! The OpenAI images API, and whatever speaks it.

mod edits;
mod failures;
mod models;
mod moderation;
mod previews;
mod prices;
mod transport;

use std::time::Duration;

use async_openai::{Client, config::OpenAIConfig};
use base64::{Engine, engine::general_purpose::STANDARD};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

pub use edits::SourcePicture;
pub use failures::{Failed, Failure, Stage};
pub use prices::Prices;
use prices::microdollars;
use shop::{
    generations::Terms,
    providers::{Caps, OPENAI},
};

use crate::config::Config;

/// Connecting takes no longer, or nothing was sent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What is to be drawn.
#[derive(Debug, Clone)]
pub struct Request {
    /// All words for the provider.
    pub prompt: String,
    /// `1024x1536`.
    pub size: String,
    /// `low`, `medium`, `high`.
    pub quality: &'static str,
    /// How many.
    pub count: i16,
    /// What it starts from, if not from words alone.
    pub source: Option<SourcePicture>,
}

/// What came.
#[derive(Debug)]
pub struct Drawn {
    /// Encoded pictures, at least one.
    pub pictures: Vec<Vec<u8>>,
    /// What it cost, as the provider said it.
    pub usage: Option<Value>,
    /// The provider's id for the request.
    pub request_id: Option<String>,
}

/// The client. It never repeats a call by itself: each may be paid for, so that the queue decides.
#[derive(Clone)]
pub struct OpenAi {
    client: Client<OpenAIConfig>,
    model: String,
    moderation_model: String,
    partial_images: u8,
    prices: Prices,
    caps: Caps,
    usual_microdollars: i64,
}

impl OpenAi {
    /// As configured. Nothing is sent yet.
    ///
    /// # Errors
    /// If the HTTP client cannot be built.
    pub fn new(config: &Config) -> anyhow::Result<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(Duration::from_secs(config.openai_timeout_seconds))
            // The key must not follow a redirect to somewhere else.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let openai = OpenAIConfig::new()
            .with_api_base(config.openai_base_url.trim_end_matches('/'))
            .with_api_key(config.openai_api_key.expose_secret());
        let client = Client::with_config(openai)
            .with_http_client(http.clone())
            .with_http_service(transport::Transport::new(http));
        let cap = |dollars: f64| (dollars > 0.0).then(|| microdollars(dollars));
        Ok(Self {
            client,
            model: config.openai_image_model.clone(),
            moderation_model: config.openai_moderation_model.clone(),
            partial_images: config.openai_partial_images,
            prices: config.openai_prices,
            caps: Caps {
                daily: cap(config.openai_daily_cap_dollars),
                monthly: cap(config.openai_monthly_cap_dollars),
            },
            usual_microdollars: microdollars(config.openai_picture_dollars),
        })
    }

    /// Under which terms a call is made.
    pub fn terms(&self) -> Terms<'_> {
        Terms {
            provider: OPENAI,
            model: &self.model,
            caps: self.caps,
            usual_microdollars: self.usual_microdollars,
        }
    }

    /// What an answer cost, by the usage that it tells, in millionths of a dollar.
    pub fn cost(&self, usage: &Value) -> Option<i64> {
        self.prices.cost(usage)
    }

    /// Asks for pictures, once. `preview` is given what the provider sends of a single one before it is done, if the operator
    /// wants that.
    ///
    /// # Errors
    /// What kind of failure it was, and the provider's id for the request.
    pub async fn draw(
        &self,
        request: &Request,
        preview: impl Fn(Vec<u8>) + Send + Sync,
    ) -> Result<Drawn, Failed> {
        // GPT image models always answer in base64 and refuse `response_format`.
        let body = json!({"model": self.model, "prompt": request.prompt, "size": request.size, "quality": request.quality, "n": request.count});
        let heard = transport::Heard::default();
        // Any JSON: a field that is unknown, missing or of another kind must not lose a picture that was paid for.
        let asking = async {
            match &request.source {
                Some(picture) => {
                    self.edit(request, picture).await.map_err(|error| Failure::of(error).of_edit())
                }
                None if self.partial_images > 0 && request.count == 1 => {
                    self.draw_step_by_step(body, preview).await
                }
                None => self.client.images().generate_byot(body).await.map_err(Failure::of),
            }
        };
        let answer: Result<Value, Failure> = heard.clone().listen(asking).await;
        let request_id = heard.request_id();
        let failed = |failure| Failed { failure, request_id: request_id.clone() };
        let answer = answer.map_err(failed)?;
        let data = answer["data"].as_array().into_iter().flatten();
        let pictures: Vec<Vec<u8>> = data.filter_map(|datum| decoded(datum["b64_json"].as_str()?)).collect();
        if pictures.is_empty() {
            return Err(failed(Failure::of_success(&answer)));
        }
        Ok(Drawn { pictures, usage: answer.get("usage").cloned(), request_id })
    }
}

/// A picture's bytes. Some servers write a data URL where OpenAI writes its bare end.
fn decoded(base64: &str) -> Option<Vec<u8>> {
    let bare = base64.split_once(";base64,").map_or(base64, |(_, bare)| bare);
    STANDARD.decode(bare.trim()).ok()
}
