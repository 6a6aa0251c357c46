//! Reading an answer that is no picture. A code says more than a type, a type more than a status, and a status more than
//! words; whoever stands between us and the provider may have lost all but one of them.

use http::StatusCode;
use serde_json::Value;

use super::{BASE_URL, Failure, HttpFailure, KEY, MODEL, Stage, waits};

/// Words of providers are kept for staff up to so many characters.
const WORD_MAX: usize = 80;

/// Words that mean "out of money", where a proxy hands on nothing but the message.
const BILLING_WORDS: [&str; 6] = [
    "billing hard limit has been reached",
    "billing_hard_limit_reached",
    "insufficient_quota",
    "exceeded your current quota",
    "no credits remaining",
    "budget has been exceeded",
];
/// Words that mean "will not be drawn", where a proxy hands on nothing but the message.
const POLICY_WORDS: [&str; 5] = [
    "moderation_blocked",
    "content_policy_violation",
    "contentpolicyviolation",
    "rejected by the safety system",
    "result of our safety system",
];

/// What a body says, whoever wrote it.
struct Said<'a> {
    status: u16,
    /// Empty if there is none, or if it only repeats a status.
    code: String,
    kind: String,
    param: String,
    /// For comparing, in small letters.
    message: String,
    error: &'a Value,
    /// Whether it is the API's own error rather than a page of something in front of it.
    is_structured: bool,
}

/// Of an answer that is no success.
pub(super) fn judge(answer: &HttpFailure) -> Failure {
    // Text that is no JSON is a message by itself.
    let body = serde_json::from_str(&answer.body).unwrap_or_else(|_| Value::String(answer.body.clone()));
    let said = Said::of(&body, answer.status.as_u16());
    let should_retry = answer.headers.get("x-should-retry").and_then(|value| value.to_str().ok());
    said.judge(answer, should_retry)
}

/// Of an answer that says 200 and holds no picture. An error in it that says why is believed, but not that it was free.
pub(super) fn judge_success(body: &Value) -> Failure {
    let nothing = || Failure::Ambiguous { why: "the answer holds no picture".to_owned() };
    if body.get("error").is_none_or(Value::is_null) {
        let links =
            body["data"].as_array().is_some_and(|data| data.iter().any(|datum| is_text(&datum["url"])));
        return if links {
            Failure::Ambiguous { why: "the answer holds links, not pictures".to_owned() }
        } else {
            nothing()
        };
    }
    // The one failure of which it is known: the event with which a stream ends that brought no picture.
    if body.pointer("/error/code").is_some_and(|code| code == "image_generation_failed") {
        return Failure::failed("image_generation_failed");
    }
    // Some gateways put the status into the body of a 200.
    let status =
        body.pointer("/error/code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let status = StatusCode::from_u16(status.filter(|code| (400..600).contains(code)).unwrap_or(500))
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let answer = HttpFailure { status, headers: http::HeaderMap::new(), body: String::new() };
    match Said::of(body, status.as_u16()).judge(&answer, None) {
        Failure::Failed { why, .. } | Failure::Hopeless { why } => Failure::Ambiguous { why },
        failure @ (Failure::Refused { .. }
        | Failure::BadRequest { .. }
        | Failure::RateLimited { .. }
        | Failure::Billing { .. }
        | Failure::Configuration { .. }
        | Failure::Ambiguous { .. }) => failure,
    }
}

impl<'a> Said<'a> {
    fn of(body: &'a Value, status: u16) -> Self {
        // `[{"error": …}]` is what Gemini's compatible endpoint sends; vLLM has no `error` around it.
        let body = body.get(0).unwrap_or(body);
        let error = body.get("error").unwrap_or(body);
        let word = |key: &str| match error.get(key) {
            Some(Value::String(word)) => clean(word),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let message = [error, &error["message"], &error["detail"]].into_iter().find_map(Value::as_str);
        let code = word("code");
        Self {
            status,
            is_structured: error.is_object() && (is_text(&error["message"]) || is_text(&error["type"])),
            // LiteLLM, OpenRouter and LocalAI say the status once more.
            code: if code.parse::<u16>().is_ok() { String::new() } else { code },
            kind: word("type"),
            param: word("param"),
            message: message.unwrap_or_default().to_lowercase(),
            error,
        }
    }

    fn judge(&self, answer: &HttpFailure, should_retry: Option<&str>) -> Failure {
        self.by_code()
            .or_else(|| self.by_kind())
            .or_else(|| self.by_status())
            .or_else(|| self.by_words())
            .unwrap_or_else(|| self.by_range(answer, should_retry))
    }

    /// What staff read.
    fn name(&self) -> String {
        if self.code.is_empty() {
            format!("{} {}", self.status, self.kind).trim_end().to_owned()
        } else {
            self.code.clone()
        }
    }

    fn by_code(&self) -> Option<Failure> {
        Some(match self.code.as_str() {
            "moderation_blocked" | "content_policy_violation" | "contentFilter" | "content_filter" => {
                self.refused()
            }
            "billing_hard_limit_reached"
            | "billing_not_active"
            | "insufficient_quota"
            | "credit_balance_exhausted"
            | "organization_spend_limit_exceeded"
            | "project_spend_limit_exceeded"
            | "organization_usage_limit_exceeded" => self.billing(),
            "invalid_api_key" => self.configuration(KEY),
            "model_not_found" => self.configuration(MODEL),
            _ => return None,
        })
    }

    fn by_kind(&self) -> Option<Failure> {
        match self.kind.as_str() {
            "insufficient_quota" | "budget_exceeded" | "billing_limit_user_error" | "billing_not_active" => {
                Some(self.billing())
            }
            _ => None,
        }
    }

    fn by_status(&self) -> Option<Failure> {
        match self.status {
            // OpenRouter tells by this what its own check found in the words.
            403 if self.error.pointer("/metadata/reasons").is_some() => Some(self.refused()),
            402 => Some(self.billing()),
            // What stands in front of the API may dislike one sentence; the API itself says what it dislikes.
            403 if !self.is_structured => None,
            401 | 403 => Some(self.configuration(KEY)),
            // A model that is gone fails every job.
            400 | 404 if self.param == "model" => Some(self.configuration(MODEL)),
            404 if self.is_about_the_model() => Some(self.configuration(MODEL)),
            404 | 300..=399 => Some(self.configuration(BASE_URL)),
            _ => None,
        }
    }

    fn by_words(&self) -> Option<Failure> {
        if !(400..500).contains(&self.status) {
            return None;
        }
        let says = |words: &[&str]| words.iter().any(|words| self.message.contains(words));
        if says(&POLICY_WORDS) {
            Some(self.refused())
        } else if says(&BILLING_WORDS) {
            Some(self.billing())
        } else if self.is_about_the_model() {
            Some(self.configuration(MODEL))
        } else {
            None
        }
    }

    fn by_range(&self, answer: &HttpFailure, should_retry: Option<&str>) -> Failure {
        let why = self.name();
        match self.status {
            // A limit that no waiting lifts is one of money, whatever it is called.
            429 if should_retry == Some("false") => self.billing(),
            429 => Failure::RateLimited { after: waits::after_rate_limit(answer, &self.message) },
            408 | 409 => Failure::Failed { why, after: waits::after_failure(answer) },
            400..=499 if should_retry == Some("true") => {
                Failure::Failed { why, after: waits::after_failure(answer) }
            }
            400..=499 => Failure::BadRequest { code: why },
            // A gateway's word, unless the API itself speaks: what stood behind it may have drawn. The last ones are
            // Cloudflare's "an unknown answer", "no connection in time" and "no answer in time".
            502 | 504 | 520 | 522 | 524 if !self.is_structured => Failure::Ambiguous { why },
            _ if should_retry == Some("false") => Failure::Hopeless { why },
            _ => Failure::Failed { why, after: waits::after_failure(answer) },
        }
    }

    fn is_about_the_model(&self) -> bool {
        self.message.contains("model") && self.message.contains("does not exist")
    }

    fn billing(&self) -> Failure {
        Failure::Billing { code: self.name() }
    }

    fn configuration(&self, setting: &'static str) -> Failure {
        Failure::Configuration { setting, code: self.name() }
    }

    fn refused(&self) -> Failure {
        let details = &self.error["moderation_details"];
        let azure = ["/innererror/content_filter_result", "/inner_error/content_filter_results"]
            .iter()
            .find_map(|path| self.error.pointer(path)?.as_object());
        let openrouter = self.error.pointer("/metadata/reasons").and_then(Value::as_array);
        let stage = match details["moderation_stage"].as_str() {
            Some("input") => Stage::Input,
            Some("output") => Stage::Output,
            _ if azure.is_some() || openrouter.is_some() => Stage::Input,
            _ => Stage::Unknown,
        };
        let mut categories: Vec<String> = details["categories"]
            .as_array()
            .or(openrouter)
            .into_iter()
            .flatten()
            .filter_map(|category| category.as_str().map(clean))
            .collect();
        if let Some(results) = azure {
            let found = results.iter().filter(|(_, result)| result["filtered"] == true);
            categories.extend(found.map(|(category, _)| clean(category)));
        }
        if categories.is_empty()
            && let Some((_, rest)) = self.message.split_once("safety_violations=[")
            && let Some((list, _)) = rest.split_once(']')
        {
            categories.extend(list.split(',').map(clean).filter(|category| !category.is_empty()));
        }
        categories.truncate(20);
        Failure::Refused { code: self.name(), stage, categories }
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// A word of the provider's, fit for a log line and for Postgres, which takes no U+0000.
fn clean(word: &str) -> String {
    word.trim().chars().filter(|c| !c.is_control()).take(WORD_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Failure {
        let status = StatusCode::from_u16(status).expect("a status");
        judge(&HttpFailure { status, headers: http::HeaderMap::new(), body: body.to_owned() })
    }

    #[test]
    fn a_code_says_more_than_a_type_a_type_more_than_a_status_a_status_more_than_words() {
        let body = r#"{"error":{"type":"image_generation_user_error","code":"billing_hard_limit_reached","message":"moderation_blocked"}}"#;
        assert_eq!(answer(403, body), Failure::Billing { code: "billing_hard_limit_reached".to_owned() });
        let body = r#"{"error":{"type":"insufficient_quota","code":"something_new","message":"moderation_blocked"}}"#;
        assert_eq!(answer(401, body), Failure::Billing { code: "something_new".to_owned() });
        let body = r#"{"error":{"message":"You exceeded your current quota"}}"#;
        assert_eq!(answer(401, body), Failure::Configuration { setting: KEY, code: "401".to_owned() });
        assert_eq!(answer(429, body), Failure::Billing { code: "429".to_owned() });
    }

    #[test]
    fn what_was_found_in_the_words_is_kept_for_staff() {
        let refused = |stage, categories: &[&str]| Failure::Refused {
            code: "moderation_blocked".to_owned(),
            stage,
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
        };
        let body = |more: Value| {
            let mut error = json!({"code": "moderation_blocked", "message": "No. safety_violations=[self-harm, sexual]."});
            error.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
            json!({ "error": error }).to_string()
        };
        let details =
            json!({"moderation_details": {"moderation_stage": "output", "categories": ["violence\u{0}", 7]}});
        assert_eq!(answer(400, &body(details)), refused(Stage::Output, &["violence"]));
        assert_eq!(answer(400, &body(json!({}))), refused(Stage::Unknown, &["self-harm", "sexual"]));
        assert_eq!(
            refused(Stage::Input, &["a", "b"]).to_string(),
            "refused: moderation_blocked (input: a, b)"
        );
    }

    #[test]
    fn an_error_in_a_success_is_believed_but_not_that_it_was_free() {
        let judge = |body: Value| judge_success(&body);
        assert_eq!(
            judge(json!({"error": {"code": 402, "message": "x"}})),
            Failure::Billing { code: "402".to_owned() }
        );
        assert!(matches!(judge(json!({"error": {"code": 502, "message": "x"}})), Failure::Ambiguous { .. }));
        assert!(matches!(judge(json!({"error": "out of memory"})), Failure::Ambiguous { .. }));
        assert!(matches!(judge(json!({"error": null, "data": []})), Failure::Ambiguous { .. }));
        assert!(matches!(judge(json!("hello")), Failure::Ambiguous { .. }));
    }
}
