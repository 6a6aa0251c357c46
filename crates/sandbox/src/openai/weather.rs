//! Bad weather: so many of a hundred calls for pictures fail, by chance. The chance hangs on the seed, the prompt and how
//! often the prompt came, so that the same calls meet the same weather in whatever order they come.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::refusals::Refusal;

/// The weather of now, and how often each prompt met it.
#[derive(Default)]
pub(crate) struct Weather(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    forecast: Forecast,
    met: HashMap<String, u64>,
}

/// What the calls meet, in percent. All at zero is fine weather.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forecast {
    /// A 429 with `retry_after`.
    #[serde(default)]
    pub rate_limited: u64,
    /// Seconds.
    #[serde(default)]
    pub retry_after: u64,
    /// A 500.
    #[serde(default)]
    pub failing: u64,
    /// A paid answer that breaks off.
    #[serde(default)]
    pub cut: u64,
    #[serde(default)]
    pub seed: u64,
}

/// What one call meets.
pub(super) enum Storm {
    /// It is refused.
    Rain(Box<Refusal>),
    /// It is answered, and the line breaks.
    Lightning,
}

impl Weather {
    /// Changes the weather; false when the percentages make more than a hundred.
    pub fn change(&self, forecast: Forecast) -> bool {
        let fits = forecast.rate_limited.saturating_add(forecast.failing).saturating_add(forecast.cut) <= 100;
        if fits {
            *self.lock() = Inner { forecast, met: HashMap::new() };
        }
        fits
    }

    /// What is announced.
    pub fn forecast(&self) -> Forecast {
        self.lock().forecast
    }

    pub fn forget(&self) {
        *self.lock() = Inner::default();
    }

    /// What a call for this prompt meets.
    pub(super) fn today(&self, prompt_sha256: &str) -> Option<Storm> {
        let mut inner = self.lock();
        let forecast = inner.forecast;
        if forecast.rate_limited + forecast.failing + forecast.cut == 0 {
            return None;
        }
        let met = inner.met.entry(prompt_sha256.to_owned()).or_default();
        *met += 1;
        let [a, b, c, d, ..]: [u8; 32] =
            Sha256::digest(format!("{} {met} {prompt_sha256}", forecast.seed)).into();
        let dice = u64::from(u32::from_le_bytes([a, b, c, d])) % 100;
        if dice < forecast.rate_limited {
            return Some(Storm::Rain(Box::new(Refusal::rate_limit("gpt-image", forecast.retry_after))));
        }
        if dice < forecast.rate_limited + forecast.failing {
            return Some(Storm::Rain(Box::new(Refusal::server_error("of the weather"))));
        }
        (dice < forecast.rate_limited + forecast.failing + forecast.cut).then_some(Storm::Lightning)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_as_many_as_announced_and_the_same_ones_again() {
        let weather = Weather::default();
        let forecast = Forecast { rate_limited: 10, retry_after: 1, failing: 5, cut: 2, seed: 7 };
        let day = || {
            assert!(weather.change(forecast));
            let storms = (0..2_000).map(|number| match weather.today(&number.to_string()) {
                Some(Storm::Rain(refusal)) => refusal.status,
                Some(Storm::Lightning) => 1,
                None => 0,
            });
            storms.collect::<Vec<_>>()
        };
        let first = day();
        assert_eq!(first, day());
        for (status, share) in [(429, 200), (500, 100), (1, 40)] {
            let seen = first.iter().filter(|seen| **seen == status).count();
            assert!((share / 2..share * 2).contains(&seen), "{status}: {seen}");
        }
        assert!(!weather.change(Forecast { cut: 101, ..forecast }));
    }
}
