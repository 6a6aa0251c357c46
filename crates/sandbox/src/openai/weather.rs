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
    /// A 400 because the billing hard limit is reached.
    #[serde(default)]
    pub out_of_money: u64,
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
        let shares = [forecast.rate_limited, forecast.failing, forecast.cut, forecast.out_of_money];
        let fits =
            shares.iter().try_fold(0_u64, |sum, share| sum.checked_add(*share)).is_some_and(|sum| sum <= 100);
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
        let Forecast { rate_limited, retry_after, failing, cut, out_of_money, seed } = inner.forecast;
        if rate_limited + failing + cut + out_of_money == 0 {
            return None;
        }
        let met = inner.met.entry(prompt_sha256.to_owned()).or_default();
        *met += 1;
        let [a, b, c, d, ..]: [u8; 32] = Sha256::digest(format!("{seed} {met} {prompt_sha256}")).into();
        let mut dice = u64::from(u32::from_le_bytes([a, b, c, d])) % 100;
        let mut falls_on = |share: u64| {
            let falls = dice < share;
            dice = if falls { u64::MAX } else { dice - share };
            falls
        };
        let rain = |refusal| Some(Storm::Rain(Box::new(refusal)));
        if falls_on(rate_limited) {
            rain(Refusal::rate_limit("gpt-image", retry_after))
        } else if falls_on(failing) {
            rain(Refusal::server_error("of the weather"))
        } else if falls_on(out_of_money) {
            rain(Refusal::billing_hard_limit())
        } else {
            falls_on(cut).then_some(Storm::Lightning)
        }
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
        let forecast =
            Forecast { rate_limited: 10, retry_after: 1, failing: 5, cut: 2, out_of_money: 3, seed: 7 };
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
        for (status, share) in [(429, 200), (500, 100), (1, 40), (400, 60)] {
            let seen = first.iter().filter(|seen| **seen == status).count();
            assert!((share / 2..share * 2).contains(&seen), "{status}: {seen}");
        }
        assert!(!weather.change(Forecast { cut: 101, ..forecast }));
    }
}
