//! Who may call: any bearer key, except the one that is there to be refused.

use poem::Request;
use poem::http::header;

use super::refusals::Refusal;

/// A key with this text is answered as a wrong one.
const INVALID: &str = "sk-invalid";

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = given.and_then(|given| given.strip_prefix("Bearer ")).map_or("", str::trim);
    match key {
        "" => Err(Refusal::no_key()),
        INVALID => Err(Refusal::invalid_key(key)),
        _ => Ok(()),
    }
}
