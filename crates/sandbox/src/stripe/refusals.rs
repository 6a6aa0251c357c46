//! Errors in Stripe's envelope, with its words where they are well known.

use serde_json::{Map, Value, json};

/// A refusal, which becomes `{"error": {…}}`.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub status: u16,
    pub kind: &'static str,
    pub code: Option<&'static str>,
    pub param: Option<String>,
    pub message: String,
    /// Whether the endpoint had begun its work: only then is the refusal kept under an idempotency key.
    pub executed: bool,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal { status, kind, code: None, param: None, message: message.into(), executed: false }
    }

    /// What is asked for does not make sense as it stands.
    pub fn invalid(message: impl Into<String>) -> Refusal {
        Refusal::new(400, "invalid_request_error", message)
    }

    /// It makes sense, and the state of things forbids it.
    pub fn of_state(message: impl Into<String>) -> Refusal {
        Refusal { executed: true, ..Refusal::invalid(message) }
    }

    pub fn code(self, code: &'static str) -> Refusal {
        Refusal { code: Some(code), ..self }
    }

    pub fn param(self, param: impl Into<String>) -> Refusal {
        Refusal { param: Some(param.into()), ..self }
    }

    pub fn missing(param: &str) -> Refusal {
        Refusal::invalid(format!("Missing required param: {param}.")).code("parameter_missing").param(param)
    }

    pub fn unknown_parameter(param: &str) -> Refusal {
        Refusal::invalid(format!("Received unknown parameter: {param}"))
            .code("parameter_unknown")
            .param(param)
    }

    pub fn empty(param: &str) -> Refusal {
        let message = format!(
            "You passed an empty string for '{param}'. We assume empty values are an attempt to unset a parameter; \
             however '{param}' cannot be unset. You should remove '{param}' from your request or supply a non-empty \
             value."
        );
        Refusal::invalid(message).code("parameter_invalid_empty").param(param)
    }

    /// `what` is what Stripe calls the object: "checkout.session", "payment_intent".
    pub fn no_such(what: &str, id: &str, param: &str) -> Refusal {
        let refusal = Refusal::of_state(format!("No such {what}: '{id}'"));
        Refusal { status: 404, ..refusal }.code("resource_missing").param(param)
    }

    pub fn unknown_url(method: &http::Method, path: &str) -> Refusal {
        let message = format!(
            "Unrecognized request URL ({method}: {path}). The sandbox serves what the shop uses of Stripe's API."
        );
        Refusal { status: 404, ..Refusal::invalid(message) }
    }

    pub fn no_key() -> Refusal {
        Refusal::new(
            401,
            "invalid_request_error",
            "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer \
             auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    }

    pub fn wrong_key(key: &str) -> Refusal {
        let shown: String = key.chars().take(8).collect();
        Refusal::new(401, "invalid_request_error", format!("Invalid API Key provided: {shown}****"))
    }

    pub fn live_key() -> Refusal {
        Refusal::new(
            401,
            "invalid_request_error",
            "This is the sandbox, and the key is a live one (sk_live_). Nothing was done. Use a key that begins with \
             sk_test_, and keep the live one for Stripe itself.",
        )
    }

    pub fn other_parameters(key: &str) -> Refusal {
        let message = format!(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using \
             a key other than '{key}' if you meant to execute a different request."
        );
        Refusal::new(400, "idempotency_error", message)
    }

    pub fn other_endpoint(key: &str, now: &str, then: &str) -> Refusal {
        let message = format!(
            "Keys for idempotent requests can only be used for the same endpoint they were first used for ('{now}' vs \
             '{then}'). Try using a key other than '{key}' if you meant to execute a different request."
        );
        Refusal::new(400, "idempotency_error", message)
    }

    pub fn key_in_use(key: &str) -> Refusal {
        let message = format!(
            "There is currently another in-progress request using this Idempotent Key (that probably means you submitted \
             twice, and the other request is still going through): {key}. Please try again later."
        );
        Refusal::new(409, "invalid_request_error", message).code("idempotency_key_in_use")
    }

    pub fn lock_timeout() -> Refusal {
        Refusal::new(
            409,
            "invalid_request_error",
            "This object cannot be accessed right now because another API request or Stripe process is currently \
             accessing it. If you see this error intermittently, retry the request.",
        )
        .code("lock_timeout")
    }

    pub fn rate_limit() -> Refusal {
        Refusal::new(429, "invalid_request_error", "Request rate limit exceeded.").code("rate_limit")
    }

    pub fn server_error() -> Refusal {
        Refusal::new(
            500,
            "api_error",
            "Sorry! There was an error while talking to one of our backends. The sandbox was told to answer so.",
        )
    }

    pub fn too_large() -> Refusal {
        Refusal { status: 413, ..Refusal::invalid("The request body is too large.") }
    }

    pub fn body(&self) -> Value {
        let mut error = Map::new();
        error.insert("type".to_owned(), json!(self.kind));
        error.insert("message".to_owned(), json!(self.message));
        if let Some(code) = self.code {
            error.insert("code".to_owned(), json!(code));
            let page = code.replace('_', "-");
            error.insert("doc_url".to_owned(), json!(format!("https://stripe.com/docs/error-codes/{page}")));
        }
        if let Some(param) = &self.param {
            error.insert("param".to_owned(), json!(param));
        }
        json!({ "error": error })
    }
}
