//! Stripe's test cards and test IBANs, and what becomes of a payment with them.
//!
//! Numbers from docs.stripe.com/testing. A number that is not here is declined, as in Stripe's test mode.

use serde::{Deserialize, Serialize};

/// What becomes of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fate {
    Pays,
    Declined(Decline),
    /// A step with the bank comes first.
    Challenged,
    /// Pays, and the bank takes it back soon after.
    PaysThenDisputed,
    /// Pays; a refund stays pending for a while.
    RefundsLate,
    /// Pays; a refund counts as done and fails after a while.
    RefundsFail,
    /// Accepted now, paid later.
    ClearsLate,
    /// Accepted now, refused later.
    Bounces,
}

/// Why a card is declined.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decline {
    Generic,
    InsufficientFunds,
    Lost,
    Expired,
    Cvc,
    Processing,
    /// Not one of the test cards.
    Unknown,
    /// The bank's step was not passed.
    Authentication,
    /// The account could not be debited.
    Debit,
}

impl Decline {
    /// Stripe's `code`, `decline_code` and words.
    pub fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Decline::Generic => ("card_declined", "generic_decline", "Your card was declined."),
            Decline::InsufficientFunds => {
                ("card_declined", "insufficient_funds", "Your card has insufficient funds.")
            }
            Decline::Lost => ("card_declined", "lost_card", "Your card was declined."),
            Decline::Expired => ("expired_card", "expired_card", "Your card has expired."),
            Decline::Cvc => ("incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."),
            Decline::Processing => (
                "processing_error",
                "processing_error",
                "An error occurred while processing your card. Try again in a little bit.",
            ),
            Decline::Unknown => (
                "card_declined",
                "test_mode_live_card",
                "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid \
                 test cards, visit: https://stripe.com/docs/testing.",
            ),
            Decline::Authentication => (
                "payment_intent_authentication_failure",
                "authentication_required",
                "We are unable to authenticate your payment method. Please choose a different payment method and try \
                 again.",
            ),
            Decline::Debit => (
                "payment_method_debit_not_authorized",
                "debit_not_authorized",
                "The customer's bank account could not be debited.",
            ),
        }
    }
}

const CARDS: &[(&str, Fate)] = &[
    ("4242424242424242", Fate::Pays),
    ("5555555555554444", Fate::Pays),
    ("378282246310005", Fate::Pays),
    ("4000000000000002", Fate::Declined(Decline::Generic)),
    ("4000000000009995", Fate::Declined(Decline::InsufficientFunds)),
    ("4000000000009987", Fate::Declined(Decline::Lost)),
    ("4000000000000069", Fate::Declined(Decline::Expired)),
    ("4000000000000127", Fate::Declined(Decline::Cvc)),
    ("4000000000000119", Fate::Declined(Decline::Processing)),
    ("4000002500003155", Fate::Challenged),
    ("4000000000000259", Fate::PaysThenDisputed),
    ("4000000000007726", Fate::RefundsLate),
    ("4000000000005126", Fate::RefundsFail),
];

const IBANS: &[(&str, Fate)] = &[
    ("AT611904300234573201", Fate::ClearsLate),
    ("DE89370400440532013000", Fate::ClearsLate),
    ("AT861904300235473202", Fate::Bounces),
    ("DE62370400440532013001", Fate::Bounces),
];

/// A number without its blanks.
pub(super) fn bare(number: &str) -> String {
    number.chars().filter(|sign| !sign.is_whitespace() && *sign != '-').collect::<String>().to_uppercase()
}

/// What becomes of a payment with this card; none when it is no card number at all.
pub(super) fn card(number: &str) -> Option<Fate> {
    let known = CARDS.iter().find(|(known, _)| *known == number).map(|(_, fate)| *fate);
    known.or_else(|| passes_luhn(number).then_some(Fate::Declined(Decline::Unknown)))
}

/// What becomes of a payment from this account; none when it is not one of the test accounts.
pub(super) fn iban(number: &str) -> Option<Fate> {
    IBANS.iter().find(|(known, _)| *known == number).map(|(_, fate)| *fate)
}

pub(super) fn brand(number: &str) -> &'static str {
    match number.get(..1) {
        Some("4") => "visa",
        Some("5" | "2") => "mastercard",
        Some("3") => "amex",
        _ => "unknown",
    }
}

/// ISO/IEC 7812: every second digit from the right counts twice, and the sum ends in zero.
fn passes_luhn(number: &str) -> bool {
    if !(12..=19).contains(&number.len()) {
        return false;
    }
    let mut sum = 0;
    for (index, digit) in number.chars().rev().enumerate() {
        let Some(digit) = digit.to_digit(10) else { return false };
        let counted = if index % 2 == 1 { digit * 2 } else { digit };
        sum += if counted > 9 { counted - 9 } else { counted };
    }
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_card_is_a_card_number() {
        for (number, fate) in CARDS {
            assert!(passes_luhn(number), "{number}");
            assert_eq!(card(number), Some(*fate));
        }
        assert_eq!(card("4242424242424241"), None);
        assert_eq!(card("4111111111111111"), Some(Fate::Declined(Decline::Unknown)));
        assert_eq!(bare("4242 4242-4242 4242"), "4242424242424242");
    }
}
