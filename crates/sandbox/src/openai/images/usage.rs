//! What a request is charged: tokens by size and quality, near the real ones, at the prices of November 2026.

use serde_json::{Value, json};

use super::request::ImageRequest;

/// Pixels of the square that the prices below are for.
const SQUARE: u64 = 1024 * 1024;
const TOKENS_PER_INPUT: u64 = 323;
const TOKENS_PER_PARTIAL: u64 = 100;
/// Millionths of a dollar for a token of text, of a picture that came with the request, and of a picture drawn.
const PRICES: (u64, u64, u64) = (5, 8, 30);

impl ImageRequest {
    pub(super) fn usage(&self) -> Value {
        let (text, inputs, output) = self.tokens();
        json!({
            "input_tokens": text + inputs,
            "input_tokens_details": { "text_tokens": text, "image_tokens": inputs },
            "output_tokens": output,
            "output_tokens_details": { "text_tokens": 0, "image_tokens": output },
            "total_tokens": text + inputs + output,
        })
    }

    /// The same charge as some servers report it, which strict clients cannot read.
    pub(super) fn usage_without_details(&self) -> Value {
        let (text, inputs, output) = self.tokens();
        json!({ "input_tokens": text + inputs, "output_tokens": output, "total_tokens": text + inputs + output })
    }

    /// The charge in millionths of a dollar.
    pub(super) fn microdollars(&self) -> u64 {
        let (text, inputs, output) = self.tokens();
        text * PRICES.0 + inputs * PRICES.1 + output * PRICES.2
    }

    fn tokens(&self) -> (u64, u64, u64) {
        let characters = u64::try_from(self.prompt.chars().count()).unwrap_or(u64::MAX);
        let square = match self.quality {
            "low" => 272,
            "high" => 4_160,
            "xhigh" => 6_240,
            "max" => 8_320,
            _ => 1_056,
        };
        let pixels = u64::from(self.width) * u64::from(self.height);
        let partials = if self.stream { self.partial_images * TOKENS_PER_PARTIAL } else { 0 };
        let output = self.n * (square * pixels / SQUARE + partials);
        (characters.div_ceil(4), self.inputs * TOKENS_PER_INPUT, output)
    }
}
