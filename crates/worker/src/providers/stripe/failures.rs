//! What a failed call means (docs.stripe.com/error-low-level). The client's error is never shown as it is: it may hold what the
//! customer typed.

use stripe::{ApiErrorsType, StripeError};

use crate::payments::Failure;

/// A failure by its kind.
pub fn of(error: StripeError) -> Failure {
    match error {
        StripeError::Stripe(error, status) => {
            let code = error.code.as_ref().map_or_else(|| error.type_.as_str(), |code| code.as_str());
            let words = match &error.param {
                Some(param) => format!("HTTP {status}, {code} ({param})"),
                None => format!("HTTP {status}, {code}"),
            };
            of_status(status, &error.type_, words)
        }
        // An answer that is none of Stripe's: a proxy's page, or one that broke off. The status is lost.
        StripeError::JSONDeserialize(_) => Failure::Transient("an answer that cannot be read".to_owned()),
        StripeError::ClientError(_) => Failure::Transient("the connection did not work".to_owned()),
        StripeError::Timeout => Failure::Transient("no answer in time".to_owned()),
        StripeError::ConfigError(_) => Failure::Configuration("STRIPE_BASE_URL".to_owned()),
    }
}

fn of_status(status: u16, kind: &ApiErrorsType, words: String) -> Failure {
    // A call with this key is under way, or was made in other words: another one may tell what came of it.
    if *kind == ApiErrorsType::IdempotencyError {
        return Failure::Transient(words);
    }
    match status {
        401 | 403 => Failure::Configuration(format!("STRIPE_SECRET_KEY: {words}")),
        // What we ask for was there: the key is of another account.
        404 => Failure::Configuration(format!("STRIPE_SECRET_KEY, or the account that it is of: {words}")),
        409 | 424 | 429 => Failure::Transient(words),
        // Saved under the key of the call, for a day or longer (docs.stripe.com/api/idempotent_requests).
        500..=599 => Failure::Kept(words),
        _ => Failure::Rejected(words),
    }
}
