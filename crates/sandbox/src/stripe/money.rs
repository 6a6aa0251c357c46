//! Currencies: how many digits they have, how little may be charged, how an amount is written.
//!
//! Lists and least amounts are those of Stripe's "Supported currencies" page. Only currencies that are in the table are
//! taken; Stripe takes 135.

struct Currency {
    code: &'static str,
    sign: &'static str,
    /// Digits after the point; an amount is a whole number of the smallest unit.
    digits: u32,
    /// The least that can be charged.
    least: i64,
}

const fn currency(code: &'static str, sign: &'static str, digits: u32, least: i64) -> Currency {
    Currency { code, sign, digits, least }
}

const TABLE: &[Currency] = &[
    currency("usd", "$", 2, 50),
    currency("eur", "€", 2, 50),
    currency("gbp", "£", 2, 30),
    currency("chf", "CHF ", 2, 50),
    currency("sek", "SEK ", 2, 300),
    currency("nok", "NOK ", 2, 300),
    currency("dkk", "DKK ", 2, 250),
    currency("pln", "PLN ", 2, 200),
    currency("czk", "CZK ", 2, 1_500),
    currency("cad", "CA$", 2, 50),
    currency("aud", "A$", 2, 50),
    currency("nzd", "NZ$", 2, 50),
    currency("sgd", "S$", 2, 50),
    currency("hkd", "HK$", 2, 400),
    currency("jpy", "¥", 0, 50),
    currency("krw", "₩", 0, 500),
    currency("vnd", "₫", 0, 12_500),
    currency("kwd", "KWD ", 3, 150),
    currency("bhd", "BHD ", 3, 200),
];

/// The most that can be charged at once, in the smallest unit.
pub(super) const MOST: i64 = 99_999_999;

/// The code as the table has it, whatever the case it came in.
pub(super) fn known(code: &str) -> Option<&'static str> {
    TABLE.iter().find(|currency| currency.code.eq_ignore_ascii_case(code)).map(|currency| currency.code)
}

/// The least that can be charged, in the smallest unit.
pub(super) fn least(code: &str) -> i64 {
    TABLE.iter().find(|currency| currency.code == code).map_or(0, |currency| currency.least)
}

/// An amount for a person: `€12.34`, `₩12,300`.
pub(super) fn written(amount: i64, code: &str) -> String {
    let Some(currency) = TABLE.iter().find(|currency| currency.code == code) else {
        return format!("{amount} {code}");
    };
    let unit = 10_i64.pow(currency.digits);
    let whole = grouped((amount / unit).unsigned_abs());
    let sign = if amount < 0 { "-" } else { "" };
    if currency.digits == 0 {
        return format!("{sign}{}{whole}", currency.sign);
    }
    let width = usize::try_from(currency.digits).unwrap_or_default();
    format!("{sign}{}{whole}.{:0width$}", currency.sign, (amount % unit).unsigned_abs())
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_digits_of_their_currency() {
        for (amount, code, expected) in [
            (1_234_567, "eur", "€12,345.67"),
            (5, "usd", "$0.05"),
            (1_234, "jpy", "¥1,234"),
            (1_000_000, "krw", "₩1,000,000"),
            (1_500, "kwd", "KWD 1.500"),
            (-250, "gbp", "-£2.50"),
        ] {
            assert_eq!(written(amount, code), expected);
        }
    }
}
