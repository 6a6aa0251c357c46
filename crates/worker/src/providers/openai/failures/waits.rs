//! How long a provider asks us to wait: in headers, as seconds, milliseconds, a date or `1m30s`, or in the words of its
//! message, where a proxy dropped the headers.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::HeaderMap;

use super::HttpFailure;

/// Where nothing is said.
const RATE_LIMIT_PAUSE: Duration = Duration::from_secs(20);
/// A shorter wait would be a hot loop.
const MIN: Duration = Duration::from_secs(1);
/// A longer wait is not believed: some gateways say an hour for a limit by the minute.
const RATE_LIMIT_MAX: Duration = Duration::from_mins(2);
/// A server that is overloaded is asked again by then.
const FAILURE_MAX: Duration = Duration::from_mins(1);

/// Limits that OpenAI tells in headers of their own.
const LIMITS: [&str; 3] = ["requests", "tokens", "images"];

/// After a rate limit. `message` is in small letters.
pub(super) fn after_rate_limit(answer: &HttpFailure, message: &str) -> Duration {
    let headers = &answer.headers;
    // A reset is when all of a limit is free again; `Retry-After` is when one more call is, and is usually sooner.
    let resets = || {
        let reset = |limit: &&str| {
            // A limit of which something is left is not the one that was reached.
            let left = text(headers, &format!("x-ratelimit-remaining-{limit}"));
            let reset = text(headers, &format!("x-ratelimit-reset-{limit}"))?;
            left.is_none_or(|left| left == "0").then(|| span(reset)).flatten()
        };
        LIMITS.iter().filter_map(reset).max()
    };
    let worded =
        || message.split_once("try again in ").and_then(|(_, rest)| span(rest.split_whitespace().next()?));
    let told = retry_after(headers).or_else(resets).or_else(worded);
    told.unwrap_or(RATE_LIMIT_PAUSE).clamp(MIN, RATE_LIMIT_MAX)
}

/// After a failure of the provider's, if it says anything.
pub(super) fn after_failure(answer: &HttpFailure) -> Option<Duration> {
    retry_after(&answer.headers).map(|wait| wait.clamp(MIN, FAILURE_MAX))
}

/// `Retry-After` (RFC 9110 §10.2.3) and `retry-after-ms`, whichever is longer.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds =
        text(headers, "retry-after").and_then(|value| span(value).or_else(|| until(headers, value)));
    let millis = text(headers, "retry-after-ms").and_then(|ms| span(&format!("{ms}ms")));
    seconds.max(millis)
}

/// Until an HTTP date, by the clock of whoever wrote it.
fn until(headers: &HeaderMap, value: &str) -> Option<Duration> {
    let date = |value: &str| DateTime::parse_from_rfc2822(value).ok().map(DateTime::<Utc>::from);
    let now = text(headers, "date").and_then(date).unwrap_or_else(|| shop::Cause::now(None).at);
    Some((date(value)? - now).to_std().unwrap_or_default())
}

/// Reads `7`, `7.188s`, `350ms`, `1m30s`, `1h0m0s`.
fn span(text: &str) -> Option<Duration> {
    let mut rest = text.trim().trim_end_matches(['.', ',']);
    let mut whole = Duration::ZERO;
    let mut is_empty = true;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let unit_end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, next) = after.split_at(unit_end);
        let scale = match unit {
            "ms" => 0.001,
            "s" | "" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        let part = Duration::try_from_secs_f64(number.parse::<f64>().ok()? * scale).ok()?;
        whole = whole.checked_add(part)?;
        (rest, is_empty) = (next, false);
    }
    (!is_empty).then_some(whole)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limited(headers: &[(&str, &str)], message: &str) -> f64 {
        let headers = headers.iter().map(|(name, value)| {
            (name.parse::<http::HeaderName>().expect("a name"), value.parse().expect("a value"))
        });
        let answer = HttpFailure {
            status: http::StatusCode::TOO_MANY_REQUESTS,
            headers: headers.collect(),
            body: String::new(),
        };
        after_rate_limit(&answer, message).as_secs_f64()
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are read, not computed")]
    fn every_way_of_asking_for_time_is_understood() {
        for (headers, message, wait) in [
            (&[("retry-after", "7")][..], "", 7.0),
            (&[("retry-after", "1.5")], "", 1.5),
            (&[("retry-after-ms", "4500"), ("retry-after", "4")], "", 4.5),
            (
                &[
                    ("retry-after", "Wed, 21 Oct 2026 07:28:30 GMT"),
                    ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
                ],
                "",
                30.0,
            ),
            (
                &[
                    ("retry-after", "Wed, 21 Oct 2026 07:27:00 GMT"),
                    ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
                ],
                "",
                1.0,
            ),
            (&[("x-ratelimit-reset-images", "1m30s"), ("x-ratelimit-remaining-images", "0")], "", 90.0),
            (&[("x-ratelimit-reset-tokens", "6m0s"), ("retry-after", "3")], "", 3.0),
            (
                &[
                    ("x-ratelimit-reset-tokens", "1m30s"),
                    ("x-ratelimit-remaining-tokens", "9"),
                    ("x-ratelimit-reset-images", "5s"),
                ],
                "",
                5.0,
            ),
            (&[("x-ratelimit-reset-requests", "1500ms")], "", 1.5),
            (&[], "rate limit reached. please try again in 7.188s. visit", 7.188),
            (&[], "please try again in 1m2s.", 62.0),
            (&[("retry-after", "soon")], "", 20.0),
            (&[("retry-after", "0")], "", 1.0),
            (&[("retry-after", "-5")], "", 20.0),
            (&[("retry-after", "3600")], "", 120.0),
            (&[("retry-after", "1e300")], "", 20.0),
            (&[], "", 20.0),
        ] {
            assert_eq!(limited(headers, message), wait, "{headers:?} {message}");
        }
    }
}
