//! Money: a whole number of the currency's smallest unit. Never a fraction, never a float.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A currency that the shop can sell in (ISO 4217). Those with three decimals are left out: payment providers take them in
/// tens of the smallest unit only.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
    strum::Display,
)]
#[serde(rename_all = "UPPERCASE")]
#[strum(serialize_all = "UPPERCASE")]
#[sqlx(type_name = "text", rename_all = "UPPERCASE")]
#[expect(missing_docs, reason = "their names are ISO 4217's")]
pub enum Currency {
    Eur,
    Usd,
    Gbp,
    Chf,
    Jpy,
    Krw,
    Cad,
    Aud,
    Sek,
    Nok,
    Dkk,
    Pln,
}

impl Currency {
    /// Its three letters.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// How many decimals its smallest unit is (ISO 4217, table A.1).
    pub fn decimals(self) -> usize {
        match self {
            Self::Jpy | Self::Krw => 0,
            Self::Eur
            | Self::Usd
            | Self::Gbp
            | Self::Chf
            | Self::Cad
            | Self::Aud
            | Self::Sek
            | Self::Nok
            | Self::Dkk
            | Self::Pln => 2,
        }
    }

    /// The least that can be charged in it, in its smallest unit. At least what Stripe takes
    /// (docs.stripe.com/currencies#minimum-and-maximum-charge-amounts: 0.50 for most, 0.30 pounds, 50 yen, 3 kronor, 2.50 kroner,
    /// 2 zloty). What is charged in another currency than the one that is paid out must also be worth that one's least amount, so
    /// that none of these is worth less than half a euro.
    pub fn least_charge(self) -> i64 {
        match self {
            Self::Eur | Self::Gbp | Self::Chf => 50,
            Self::Usd => 60,
            Self::Jpy | Self::Cad | Self::Aud => 100,
            Self::Krw => 1_000,
            Self::Pln => 250,
            Self::Dkk => 400,
            Self::Sek | Self::Nok => 600,
        }
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eur => "Euro",
            Self::Usd => "US dollar",
            Self::Gbp => "Pound sterling",
            Self::Chf => "Swiss franc",
            Self::Jpy => "Japanese yen",
            Self::Krw => "South Korean won",
            Self::Cad => "Canadian dollar",
            Self::Aud => "Australian dollar",
            Self::Sek => "Swedish krona",
            Self::Nok => "Norwegian krone",
            Self::Dkk => "Danish krone",
            Self::Pln => "Polish zloty",
        }
    }

    /// What stands before an amount in English text (Unicode CLDR, `en-GB`).
    fn symbol(self) -> &'static str {
        match self {
            Self::Eur => "€",
            Self::Usd => "US$",
            Self::Gbp => "£",
            Self::Jpy => "JP¥",
            Self::Krw => "₩",
            Self::Cad => "CA$",
            Self::Aud => "A$",
            // A space that does not break.
            Self::Chf => "CHF\u{a0}",
            Self::Sek => "SEK\u{a0}",
            Self::Nok => "NOK\u{a0}",
            Self::Dkk => "DKK\u{a0}",
            Self::Pln => "PLN\u{a0}",
        }
    }
}

/// An amount in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// In the currency's smallest unit.
    pub amount: i64,
    /// Which one.
    pub currency: Currency,
}

impl Money {
    /// So much of a currency, in its smallest unit.
    pub fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// As a form or a data feed has it: `24.90`, `4080`.
    pub fn plain(self) -> String {
        let (sign, whole, rest) = self.parts();
        match self.currency.decimals() {
            0 => format!("{sign}{whole}"),
            decimals => format!("{sign}{whole}.{rest:0decimals$}"),
        }
    }

    /// Reads what somebody typed: `24.90`, `24,9`, `1 200`, `4080`. Nothing if it is no amount, has more decimals than the
    /// currency, or is too much to be meant.
    pub fn parse(typed: &str, currency: Currency) -> Option<Self> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
        let (whole, rest) = typed.split_once(['.', ',']).unwrap_or((&typed, ""));
        let decimals = currency.decimals();
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || whole.len() > 12 || rest.len() > decimals || !digits(whole) || !digits(rest) {
            return None;
        }
        let amount = format!("{whole}{rest:0<decimals$}").parse().ok()?;
        Some(Self { amount, currency })
    }

    fn parts(self) -> (&'static str, u64, u64) {
        let unit = if self.currency.decimals() == 0 { 1 } else { 100 };
        let amount = self.amount.unsigned_abs();
        (if self.amount < 0 { "−" } else { "" }, amount / unit, amount % unit)
    }
}

/// As customers read it: `€1,234.50`, `JP¥4,080`, `−£3.00`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, whole, rest) = self.parts();
        write!(f, "{sign}{}{}", self.currency.symbol(), grouped(whole))?;
        match self.currency.decimals() {
            0 => Ok(()),
            decimals => write!(f, ".{rest:0decimals$}"),
        }
    }
}

/// With a comma after every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn amounts_are_written_as_people_read_them() {
        for (amount, currency, shown, plain) in [
            (2_490, Currency::Eur, "€24.90", "24.90"),
            (123_456_789, Currency::Usd, "US$1,234,567.89", "1234567.89"),
            (5, Currency::Gbp, "£0.05", "0.05"),
            (-300, Currency::Gbp, "−£3.00", "−3.00"),
            (4_080, Currency::Jpy, "JP¥4,080", "4080"),
            (38_900, Currency::Krw, "₩38,900", "38900"),
            (100_000, Currency::Chf, "CHF\u{a0}1,000.00", "1000.00"),
        ] {
            let money = Money::new(amount, currency);
            assert_eq!((money.to_string().as_str(), money.plain().as_str()), (shown, plain));
        }
    }

    #[test]
    fn what_is_typed_is_read_without_rounding() {
        let read = |typed, currency| Money::parse(typed, currency).map(|money| money.amount);
        for (typed, currency, amount) in [
            ("24.90", Currency::Eur, Some(2_490)),
            ("24,9", Currency::Eur, Some(2_490)),
            (" 1 200 ", Currency::Eur, Some(120_000)),
            ("24.905", Currency::Eur, None),
            ("4080", Currency::Jpy, Some(4_080)),
            ("4080.5", Currency::Jpy, None),
            ("-1", Currency::Eur, None),
            ("", Currency::Eur, None),
            (".5", Currency::Eur, None),
            ("1e3", Currency::Eur, None),
            ("9999999999999", Currency::Krw, None),
        ] {
            assert_eq!(read(typed, currency), amount, "{typed}");
        }
    }

    #[test]
    fn what_is_written_plainly_is_read_again() {
        for currency in Currency::VARIANTS {
            for amount in [0, 1, 99, 100, 12_345] {
                let money = Money::new(amount, *currency);
                assert_eq!(Money::parse(&money.plain(), *currency), Some(money));
            }
        }
    }
}
