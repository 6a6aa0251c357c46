//! What a failure means for the job: whether it cost something, and whether trying again makes sense.
//!
//! A code says more than a type, a type more than a status, and a status more than words.

use std::time::Duration;

use async_openai::error::OpenAIError;
use serde::Deserialize;
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

/// What a failure means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// It will not be drawn, whenever it is asked.
    #[error("refused: {code}")]
    Refused {
        /// The provider's word for it.
        code: String,
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

/// Without a `Retry-After`.
const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(20);
/// A shorter `Retry-After` would be a hot loop.
const RATE_LIMIT_MIN: Duration = Duration::from_secs(1);
/// A longer `Retry-After` is not believed.
const RATE_LIMIT_MAX: Duration = Duration::from_mins(2);

#[derive(Debug, Default, Deserialize)]
struct Envelope {
    #[serde(default)]
    error: Value,
}

impl Failure {
    /// Of a call through async-openai.
    pub fn of(error: OpenAIError) -> Self {
        if let OpenAIError::Boxed(boxed) = error {
            return match boxed.downcast::<HttpFailure>() {
                Ok(answer) => Self::of_answer(&answer),
                Err(other) => Self::Ambiguous { why: other.to_string() },
            };
        }
        let why = if let OpenAIError::Reqwest(error) = &error {
            // Only what was never sent is known to be free.
            if error.is_connect() || error.is_builder() {
                return Self::Failed { why: "no connection".to_owned() };
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
            | Self::Ambiguous { .. } => None,
        }
    }

    /// The same, if the model that it finds fault with is named by another setting.
    #[must_use]
    pub fn about(self, model_setting: &'static str) -> Self {
        if let Self::Configuration { setting: MODEL, code } = self {
            return Self::Configuration { setting: model_setting, code };
        }
        self
    }

    fn of_answer(answer: &HttpFailure) -> Self {
        let envelope: Envelope = serde_json::from_str(&answer.body).unwrap_or_default();
        let word = |key: &str| match envelope.error.get(key) {
            Some(Value::String(word)) => word.clone(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let (code, kind, param) = (word("code"), word("type"), word("param"));
        let name = if code.is_empty() { format!("{} {kind}", answer.status.as_u16()) } else { code.clone() };
        match code.as_str() {
            "moderation_blocked" | "content_policy_violation" | "contentFilter" => {
                return Self::Refused { code: name };
            }
            "billing_hard_limit_reached"
            | "insufficient_quota"
            | "credit_balance_exhausted"
            | "organization_spend_limit_exceeded"
            | "project_spend_limit_exceeded"
            | "organization_usage_limit_exceeded" => return Self::Billing { code: name },
            "invalid_api_key" => return Self::Configuration { setting: KEY, code: name },
            "model_not_found" => return Self::Configuration { setting: MODEL, code: name },
            "invalid_value" if param == "model" => {
                return Self::Configuration { setting: MODEL, code: "model_not_found".to_owned() };
            }
            _ => {}
        }
        match (kind.as_str(), answer.status.as_u16()) {
            ("insufficient_quota" | "budget_exceeded" | "billing_limit_user_error", _) | (_, 402) => {
                Self::Billing { code: name }
            }
            (_, 401 | 403) => Self::Configuration { setting: KEY, code: name },
            (_, 404) => Self::Configuration { setting: BASE_URL, code: name },
            (_, 429) => Self::RateLimited {
                after: retry_after(answer).unwrap_or(RATE_LIMIT_PAUSE).clamp(RATE_LIMIT_MIN, RATE_LIMIT_MAX),
            },
            (_, 400..=499) if answer.body.contains("illing hard limit has been reached") => {
                Self::Billing { code: "billing_hard_limit_reached".to_owned() }
            }
            (_, 408 | 409) => Self::Failed { why: name },
            (_, 400..=499) => Self::BadRequest { code: name },
            // A gateway's word: what stood behind it may have drawn.
            (_, 502 | 504 | 520..=599) => Self::Ambiguous { why: name },
            _ => Self::Failed { why: name },
        }
    }
}

/// The longest of the waits that the headers ask for, in seconds or milliseconds.
fn retry_after(answer: &HttpFailure) -> Option<Duration> {
    let number = |name: &str| answer.headers.get(name)?.to_str().ok()?.trim().parse::<f64>().ok();
    let seconds = number("retry-after").and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let millis = number("retry-after-ms").and_then(|ms| Duration::try_from_secs_f64(ms / 1000.0).ok());
    seconds.max(millis)
}

/// The kind of an error without its text, which may hold the whole answer.
fn kind_of(error: &OpenAIError) -> String {
    let debug = format!("{error:?}");
    debug.split(['(', '{', ' ']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Failure {
        let status = http::StatusCode::from_u16(status).expect("a status");
        let headers =
            [("retry-after", "7")].iter().map(|(k, v)| (k.parse().expect("name"), v.parse().expect("value")));
        Failure::of_answer(&HttpFailure { status, headers: headers.collect(), body: body.to_owned() })
    }

    #[test]
    fn a_code_says_more_than_a_status() {
        let body = r#"{"error":{"type":"billing_limit_user_error","code":"billing_hard_limit_reached","message":"x"}}"#;
        assert_eq!(answer(400, body), Failure::Billing { code: "billing_hard_limit_reached".to_owned() });
        let body = r#"{"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"x"}}"#;
        assert_eq!(answer(429, body), Failure::Billing { code: "insufficient_quota".to_owned() });
        let body =
            r#"{"error":{"type":"image_generation_user_error","code":"moderation_blocked","message":"x"}}"#;
        assert_eq!(answer(400, body), Failure::Refused { code: "moderation_blocked".to_owned() });
    }

    #[test]
    fn a_body_of_any_kind_is_understood_by_its_status() {
        assert_eq!(
            answer(429, "<html>slow down</html>"),
            Failure::RateLimited { after: Duration::from_secs(7) }
        );
        assert_eq!(answer(502, "<html>bad gateway</html>"), Failure::Ambiguous { why: "502 ".to_owned() });
        assert_eq!(answer(400, r#"{"error":"size"}"#), Failure::BadRequest { code: "400 ".to_owned() });
        assert_eq!(answer(402, r#"{"error":{"code":402}}"#), Failure::Billing { code: "402".to_owned() });
    }
}
