//! Who may call: any test key, as `Bearer` or as the user of `Basic`.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use poem::Request;
use poem::http::header;

use super::refusals::Refusal;

pub(super) fn check(request: &Request) -> Result<(), Refusal> {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let key = match given.and_then(|given| given.split_once(' ')) {
        Some(("Bearer", key)) => key.trim().to_owned(),
        Some(("Basic", pair)) => user_of(pair.trim()).unwrap_or_default(),
        Some(_) | None => String::new(),
    };
    if key.is_empty() {
        Err(Refusal::no_key())
    } else if key.starts_with("sk_live_") || key.starts_with("rk_live_") {
        Err(Refusal::live_key())
    } else if !key.starts_with("sk_test_") {
        Err(Refusal::wrong_key(&key))
    } else {
        Ok(())
    }
}

fn user_of(pair: &str) -> Option<String> {
    let pair = String::from_utf8(BASE64_STANDARD.decode(pair).ok()?).ok()?;
    pair.split(':').next().map(str::to_owned)
}
