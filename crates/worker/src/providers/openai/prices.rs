//! What an answer costs: the tokens of its `usage`, at the provider's price of each kind.

use std::str::FromStr;

use serde_json::Value;

/// More tokens of a kind than this is no usage but a mistake: ten pictures in the largest size take about a million.
const TOKENS_MAX: f64 = 1e7;

/// Prices in dollars per million tokens, which is millionths of a dollar per token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prices {
    text_in: f64,
    image_in: f64,
    image_out: f64,
}

impl FromStr for Prices {
    type Err = String;

    /// Reads `5,8,30`: text in, image in, image out.
    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<f64> = text.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        match numbers[..] {
            [text_in, image_in, image_out] if numbers.iter().all(|price| (0.0..1e6).contains(price)) => {
                Ok(Self { text_in, image_in, image_out })
            }
            _ => Err("three prices are needed, as in 5,8,30".to_owned()),
        }
    }
}

impl Prices {
    /// Of a usage as the images API tells it: `input_tokens`, `output_tokens` and, where it is kind,
    /// `input_tokens_details` with `text_tokens` and `image_tokens`. Without details all input is taken for the dearer kind.
    /// What cannot be is not believed: nothing then, and the estimate stays.
    pub fn cost(&self, usage: &Value) -> Option<i64> {
        let output = usage.get("output_tokens")?.as_f64()?;
        let input = usage.get("input_tokens").and_then(Value::as_f64).unwrap_or_default();
        let detail =
            |kind: &str| usage.pointer(&format!("/input_tokens_details/{kind}")).and_then(Value::as_f64);
        let text = detail("text_tokens").unwrap_or_default();
        let image = detail("image_tokens").unwrap_or((input - text).max(0.0));
        if [input, text, image, output].iter().any(|tokens| !(0.0..=TOKENS_MAX).contains(tokens)) {
            return None;
        }
        Some(rounded_up(text * self.text_in + image * self.image_in + output * self.image_out))
    }
}

/// Dollars in millionths.
pub fn microdollars(dollars: f64) -> i64 {
    rounded_up(dollars * 1e6)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "no bill reaches nine million million dollars, and `as` saturates"
)]
fn rounded_up(microdollars: f64) -> i64 {
    microdollars.ceil() as i64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_are_paid_by_their_kind() {
        let prices: Prices = "5, 8, 30".parse().expect("prices");
        let usage = json!({
            "input_tokens": 60, "output_tokens": 1000, "input_tokens_details": {"text_tokens": 10, "image_tokens": 50}
        });
        assert_eq!(prices.cost(&usage), Some(10 * 5 + 50 * 8 + 1000 * 30));
        assert_eq!(
            prices.cost(&json!({"input_tokens": 10, "output_tokens": 1})),
            Some(110),
            "the dearer kind"
        );
        for odd in [json!("many"), json!(-1), json!(1e300), json!(null)] {
            assert_eq!(prices.cost(&json!({"output_tokens": odd})), None, "{odd}");
        }
        assert_eq!(prices.cost(&json!({"output_tokens": 5, "input_tokens": -400})), None);
        assert_eq!(prices.cost(&json!(null)), None);
    }

    #[test]
    fn prices_are_three_numbers() {
        for wrong in ["", "5,8", "5,8,x", "5,8,-1", "5,8,30,1"] {
            assert!(wrong.parse::<Prices>().is_err(), "{wrong}");
        }
    }
}
