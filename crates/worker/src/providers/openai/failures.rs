//! What a failure means for the job: whether it cost something, and whether trying again makes sense.
//! `docs/provider-failures.md` lists them, and `tests/taxonomy.rs` tries each one over the wire.

mod answers;
mod waits;

use std::time::Duration;

use async_openai::error::OpenAIError;
use serde_json::Value;
use shop::providers::Trouble;

use super::transport::HttpFailure;

/// A call that brought no picture.
#[derive(Debug)]
pub struct Failed {
    /// What it means.
    pub failure: Failure,
    /// The provider's id for the request.
    pub request_id: Option<String>,
}

/// Where the provider's safety rules stopped a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum Stage {
    /// At the words.
    Input,
    /// At what was drawn.
    Output,
    /// It did not say.
    Unknown,
}

/// What a failure means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It will not be drawn, whenever it is asked.
    #[error("refused: {code} ({stage}: {})", .categories.join(", "))]
    Refused {
        /// The provider's word for it.
        code: String,
        /// Where.
        stage: Stage,
        /// The provider's words for what it found.
        categories: Vec<String>,
    },
    /// The request itself is wrong.
    #[error("bad request: {code}")]
    BadRequest {
        /// The provider's word for it.
        code: String,
    },
    /// Too many requests at the moment.
    #[error("rate limited")]
    RateLimited {
        /// When to come back.
        after: Duration,
    },
    /// The account is out of money or at its limit: no job can do better.
    #[error("billing: {code}")]
    Billing {
        /// The provider's word for it.
        code: String,
    },
    /// A setting of ours is wrong: no job can do better.
    #[error("configuration: {setting}: {code}")]
    Configuration {
        /// The setting to look at.
        setting: &'static str,
        /// The provider's word for it.
        code: String,
    },
    /// It failed, and cost nothing.
    #[error("failed: {why}")]
    Failed {
        /// How.
        why: String,
        /// When to come back, if it said so.
        after: Option<Duration>,
    },
    /// It failed, cost nothing, and will fail again.
    #[error("failed for good: {why}")]
    Hopeless {
        /// How.
        why: String,
    },
    /// No answer that can be read: it may have cost.
    #[error("ambiguous: {why}")]
    Ambiguous {
        /// How.
        why: String,
    },
}

/// The settings that a provider can find fault with.
const KEY: &str = "OPENAI_API_KEY";
const MODEL: &str = "OPENAI_IMAGE_MODEL";
const BASE_URL: &str = "OPENAI_BASE_URL";

impl Failure {
    /// Of a call through async-openai.
    pub fn of(error: OpenAIError) -> Self {
        if let OpenAIError::Boxed(boxed) = error {
            return match boxed.downcast::<HttpFailure>() {
                Ok(answer) => answers::judge(&answer),
                Err(other) => Self::Ambiguous { why: other.to_string() },
            };
        }
        let why = if let OpenAIError::Reqwest(error) = &error {
            // Only what was never sent is known to be free.
            if error.is_connect() || error.is_builder() {
                return Self::failed("no connection");
            }
            if error.is_timeout() {
                "no answer in time".to_owned()
            } else {
                "the answer was cut off".to_owned()
            }
        } else {
            format!("an answer that cannot be read: {}", kind_of(&error))
        };
        Self::Ambiguous { why }
    }

    /// Of an answer that said it was a success and held no picture.
    pub fn of_success(answer: &Value) -> Self {
        answers::judge_success(answer)
    }

    /// It failed, cost nothing, and may be tried again soon.
    pub fn failed(why: &str) -> Self {
        Self::Failed { why: why.to_owned(), after: None }
    }

    /// What it shows about the provider, if it is more than one job's matter.
    pub fn trouble(&self) -> Option<Trouble> {
        match self {
            Self::Billing { code } => Some(Trouble::Billing { code: code.clone() }),
            Self::Configuration { setting, code } => {
                Some(Trouble::Configuration { detail: format!("{setting}: {code}") })
            }
            Self::Refused { .. }
            | Self::BadRequest { .. }
            | Self::RateLimited { .. }
            | Self::Failed { .. }
            | Self::Hopeless { .. }
            | Self::Ambiguous { .. } => None,
        }
    }

    /// The same, of a call that starts from a picture: a server may draw and have no place for those, which is the matter of this
    /// one request.
    #[must_use]
    pub fn of_edit(self) -> Self {
        if let Self::Configuration { setting: BASE_URL, code } = self {
            return Self::BadRequest { code };
        }
        self
    }

    /// The same, if the model that it finds fault with is named by another setting.
    #[must_use]
    pub fn about(self, model_setting: &'static str) -> Self {
        if let Self::Configuration { setting: MODEL, code } = self {
            return Self::Configuration { setting: model_setting, code };
        }
        self
    }
}

/// The kind of an error without its text, which may hold the whole answer.
fn kind_of(error: &OpenAIError) -> String {
    let debug = format!("{error:?}");
    debug.split(['(', '{', ' ']).next().unwrap_or_default().to_owned()
}
