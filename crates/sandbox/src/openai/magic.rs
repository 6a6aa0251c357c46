//! Words in a prompt that make the stand-in misbehave in a chosen way: `sandbox:NAME`, with `=VALUE` where the word
//! takes one, and with `xN` at its end to misbehave N times for exactly this prompt and then work.

use std::time::Duration;

use super::refusals::Refusal;

/// Every word and what it does, for the dashboard.
pub(crate) const WORDS: &[(&str, &str)] = &[
    ("sandbox:billing_hard_limit", "400, billing hard limit has been reached"),
    ("sandbox:insufficient_quota", "429, quota used up"),
    ("sandbox:credit_balance_exhausted", "429, no credits remaining"),
    ("sandbox:project_spend_limit_exceeded", "429, the project's own limit"),
    ("sandbox:rate_limit=7", "429 with Retry-After: 7"),
    ("sandbox:slow_down", "429, traffic rose too fast"),
    ("sandbox:html429", "429 in HTML, as a proxy answers"),
    ("sandbox:moderation", "400, blocked by what the prompt says"),
    ("sandbox:moderation=output", "400, blocked by what was drawn"),
    ("sandbox:unverified", "403, the organisation is not verified"),
    ("sandbox:model_gone", "400, the model does not exist any more"),
    ("sandbox:model_not_found", "404, no access to the model"),
    ("sandbox:500", "500"),
    ("sandbox:503", "503, overloaded"),
    ("sandbox:500x2", "500 twice, then it works (xN goes with every word here)"),
    ("sandbox:cut", "the connection breaks in the middle of a paid answer"),
    ("sandbox:no_usage", "a paid answer with details missing from its usage"),
    ("sandbox:empty", "a paid answer without pictures"),
    ("sandbox:slow=20", "takes 20 seconds (goes with any other word)"),
];

/// What the words of one prompt ask for.
#[derive(Debug, PartialEq)]
pub(super) struct Magic {
    pub trick: Option<Trick>,
    /// How many times; `None` is always.
    pub times: Option<u32>,
    pub slow: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Trick {
    Billing,
    Quota(&'static str),
    RateLimit(u64),
    SlowDown,
    Html429,
    ModeratedInput,
    ModeratedOutput,
    Unverified,
    ModelGone,
    ModelNotFound,
    ServerError,
    Overloaded,
    Cut,
    NoUsage,
    Empty,
}

impl Magic {
    /// The first word that is known decides; `slow` goes with any.
    pub fn of(prompt: &str) -> Magic {
        let mut magic = Magic { trick: None, times: None, slow: None };
        for word in prompt.split(|c: char| c.is_whitespace() || ",;.!?\"'()".contains(c)) {
            let Some(word) = word.strip_prefix("sandbox:") else { continue };
            let (word, times) = without_times(word);
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            if name == "slow" {
                magic.slow = value.parse().ok().map(Duration::from_secs);
            } else if magic.trick.is_none() {
                magic.trick = Trick::named(name, value);
                magic.times = times;
            }
        }
        magic
    }
}

impl Trick {
    fn named(name: &str, value: &str) -> Option<Trick> {
        Some(match (name, value) {
            ("billing_hard_limit", _) => Trick::Billing,
            ("insufficient_quota", _) => Trick::Quota("insufficient_quota"),
            ("credit_balance_exhausted", _) => Trick::Quota("credit_balance_exhausted"),
            ("project_spend_limit_exceeded", _) => Trick::Quota("project_spend_limit_exceeded"),
            ("rate_limit", _) => Trick::RateLimit(value.parse().unwrap_or(7)),
            ("slow_down", _) => Trick::SlowDown,
            ("html429", _) => Trick::Html429,
            ("moderation", "output") => Trick::ModeratedOutput,
            ("moderation", _) => Trick::ModeratedInput,
            ("unverified", _) => Trick::Unverified,
            ("model_gone", _) => Trick::ModelGone,
            ("model_not_found", _) => Trick::ModelNotFound,
            ("500", _) => Trick::ServerError,
            ("503", _) => Trick::Overloaded,
            ("cut", _) => Trick::Cut,
            ("no_usage", _) => Trick::NoUsage,
            ("empty", _) => Trick::Empty,
            _ => return None,
        })
    }

    /// The error that this trick answers, if it is one.
    pub fn refusal(self, model: &str, request_id: &str) -> Option<Refusal> {
        Some(match self {
            Trick::Billing => Refusal::billing_hard_limit(),
            Trick::Quota(code) => Refusal::quota(code),
            Trick::RateLimit(seconds) => Refusal::rate_limit(model, seconds),
            Trick::SlowDown => Refusal::slow_down(),
            Trick::Html429 => Refusal::html_429(),
            Trick::ModeratedInput => Refusal::moderation("input", request_id),
            Trick::ModeratedOutput => Refusal::moderation("output", request_id),
            Trick::Unverified => Refusal::unverified(),
            Trick::ModelGone => Refusal::unknown_image_model(model),
            Trick::ModelNotFound => Refusal::model_not_found(model),
            Trick::ServerError => Refusal::server_error(request_id),
            Trick::Overloaded => Refusal::overloaded(),
            Trick::Cut | Trick::NoUsage | Trick::Empty => return None,
        })
    }

    /// Whether the time for drawing passes before the error comes.
    pub fn comes_late(self) -> bool {
        matches!(self, Trick::ModeratedOutput | Trick::ServerError)
    }
}

fn without_times(word: &str) -> (&str, Option<u32>) {
    match word.rsplit_once('x') {
        Some((rest, times)) if !rest.is_empty() => match times.parse() {
            Ok(times) => (rest, Some(times)),
            Err(_) => (word, None),
        },
        _ => (word, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_and_combined() {
        let magic = Magic::of("a fox, sandbox:slow=20 sandbox:rate_limit=9x2.");
        assert_eq!(magic.slow, Some(Duration::from_secs(20)));
        assert_eq!((magic.trick, magic.times), (Some(Trick::RateLimit(9)), Some(2)));
        assert_eq!(Magic::of("sandbox:500x2").times, Some(2));
        assert_eq!(Magic::of("an ordinary sandbox: with sand").trick, None);
    }

    #[test]
    fn every_word_on_the_dashboard_is_known() {
        for (word, _) in WORDS {
            let magic = Magic::of(word);
            assert!(magic.trick.is_some() || magic.slow.is_some(), "{word}");
        }
    }
}
