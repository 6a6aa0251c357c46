//! Every error that OpenAI answers, with its exact status, type, code and message.

use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub message: String,
    pub kind: &'static str,
    pub code: Option<&'static str>,
    pub param: Option<String>,
    pub retry_after: Option<u64>,
    /// The stage at which the safety system refused, if it was that.
    pub moderation_stage: Option<&'static str>,
    /// A proxy in front of the API answers in HTML.
    pub html: bool,
}

/// The type that the image models use for their own refusals.
const IMAGE_USER_ERROR: &str = "image_generation_user_error";

impl Refusal {
    fn new(status: u16, kind: &'static str, code: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status,
            message: message.into(),
            kind,
            code: Some(code),
            param: None,
            retry_after: None,
            moderation_stage: None,
            html: false,
        }
    }

    fn about(self, param: &str) -> Refusal {
        Refusal { param: Some(param.to_owned()), ..self }
    }

    pub fn body(&self) -> Value {
        let mut error = json!({
            "message": self.message, "type": self.kind, "param": self.param, "code": self.code,
        });
        if let Some(stage) = self.moderation_stage {
            error["moderation_details"] = json!({ "moderation_stage": stage, "categories": ["violence"] });
        }
        json!({ "error": error })
    }

    // What the request got wrong.

    pub fn invalid_request(message: impl Into<String>) -> Refusal {
        Refusal { code: None, ..Refusal::new(400, "invalid_request_error", "", message) }
    }

    pub fn no_key() -> Refusal {
        let message = "You didn't provide an API key. You need to provide your API key in an Authorization header \
                       using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
        Refusal { status: 401, ..Refusal::invalid_request(message) }
    }

    pub fn invalid_key(key: &str) -> Refusal {
        let shown: String = key.chars().take(8).collect();
        let message =
            format!("Incorrect API key provided: {shown}****. You can find your API key in the dashboard.");
        Refusal::new(401, "invalid_request_error", "invalid_api_key", message)
    }

    pub fn not_json() -> Refusal {
        Refusal::invalid_request(
            "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP \
             library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)",
        )
    }

    pub fn content_type(given: &str, expected: &str) -> Refusal {
        let message = format!(
            "Unsupported content type: '{given}'. This API method only accepts '{expected}' requests, but you \
             specified the header 'Content-Type: {given}'."
        );
        Refusal::new(400, "invalid_request_error", "unsupported_content_type", message)
    }

    pub fn too_large(limit: usize) -> Refusal {
        let message = format!("The request body is larger than the {limit} bytes that are accepted.");
        Refusal { status: 413, ..Refusal::invalid_request(message) }
    }

    pub fn missing(param: &str) -> Refusal {
        let message = format!("Missing required parameter: '{param}'.");
        Refusal::new(400, "invalid_request_error", "missing_required_parameter", message).about(param)
    }

    pub fn unknown_parameter(param: &str) -> Refusal {
        let message = format!("Unknown parameter: '{param}'.");
        Refusal::new(400, "invalid_request_error", "unknown_parameter", message).about(param)
    }

    pub fn wrong_type(param: &str, expected: &str) -> Refusal {
        let message = format!("Invalid type for '{param}': expected {expected}.");
        Refusal::new(400, "invalid_request_error", "invalid_type", message).about(param)
    }

    pub fn length(param: &str, length: usize, limit: usize) -> Refusal {
        if length == 0 {
            let message =
                format!("Invalid '{param}': empty string. Expected a string with minimum length 1.");
            return Refusal::new(400, "invalid_request_error", "empty_string", message).about(param);
        }
        let message = format!(
            "Invalid '{param}': string too long. Expected a string with maximum length {limit}, but got a string \
             with length {length} instead."
        );
        Refusal::new(400, "invalid_request_error", "string_above_max_length", message).about(param)
    }

    pub fn invalid_value(param: &str, message: impl Into<String>) -> Refusal {
        Refusal::new(400, IMAGE_USER_ERROR, "invalid_value", message).about(param)
    }

    pub fn invalid_image(number: usize) -> Refusal {
        let message = format!("Invalid image file or mode for image {number}, please check your image file.");
        Refusal::new(400, IMAGE_USER_ERROR, "invalid_image_file", message).about("image")
    }

    pub fn unknown_image_model(model: &str) -> Refusal {
        Refusal::invalid_value("model", format!("The model '{model}' does not exist."))
    }

    pub fn model_not_found(model: &str) -> Refusal {
        let message = format!("The model '{model}' does not exist or you do not have access to it.");
        Refusal::new(404, "invalid_request_error", "model_not_found", message).about("model")
    }

    // What the account or the service would not do.

    pub fn billing_hard_limit() -> Refusal {
        let message = "Billing hard limit has been reached.";
        Refusal::new(400, "billing_limit_user_error", "billing_hard_limit_reached", message)
    }

    pub fn quota(code: &'static str) -> Refusal {
        let message = match code {
            "credit_balance_exhausted" => "You have no credits remaining. Add credits to continue.",
            "project_spend_limit_exceeded" => {
                "Your project has reached its spend limit. Retrying won't restore access."
            }
            _ => "You exceeded your current quota, please check your plan and billing details.",
        };
        Refusal::new(429, "insufficient_quota", code, message)
    }

    pub fn rate_limit(model: &str, seconds: u64) -> Refusal {
        let message = format!(
            "Rate limit reached for {model} in organization org-sandbox on images per min. Limit 250, Used 250, \
             Requested 1. Please try again in {seconds}s."
        );
        let refusal = Refusal::new(429, "requests", "rate_limit_exceeded", message);
        Refusal { retry_after: Some(seconds), ..refusal }
    }

    pub fn slow_down() -> Refusal {
        let message = "Your request rate increased too quickly. Please slow down and try again.";
        Refusal::new(429, "rate_limit_error", "slow_down", message)
    }

    pub fn unverified() -> Refusal {
        let message = "Your organization must be verified to use this model. If you just verified, it can take up to \
                       15 minutes for access to propagate.";
        Refusal { status: 403, ..Refusal::invalid_request(message) }
    }

    pub fn moderation(stage: &'static str, request_id: &str) -> Refusal {
        let message = format!(
            "Your request was rejected by the safety system. If you believe this is an error, contact support and \
             include the request ID {request_id}. safety_violations=[violence]."
        );
        let refusal = Refusal::new(400, IMAGE_USER_ERROR, "moderation_blocked", message);
        Refusal { moderation_stage: Some(stage), ..refusal }
    }

    pub fn server_error(request_id: &str) -> Refusal {
        let message = format!(
            "The server had an error while processing your request. Sorry about that! (request ID {request_id})"
        );
        Refusal { code: None, ..Refusal::new(500, "server_error", "", message) }
    }

    pub fn overloaded() -> Refusal {
        let message = "The server is currently overloaded with other requests. Please try again later.";
        Refusal::new(503, "service_unavailable_error", "server_is_overloaded", message)
    }

    pub fn html_429() -> Refusal {
        Refusal { html: true, ..Refusal::new(429, "", "", "Too Many Requests") }
    }
}
