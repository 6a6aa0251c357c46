//! Prices that are moved by so many per cent, and end as prices in their currency do.

use crate::money::Currency;

/// An amount moved by so many hundredths of a per cent, up or down, to the nearest one that ends as is usual in its currency:
/// €24.90, US$24.99, JP¥2,480, ₩24,900, SEK 249.00. Moved by nothing, it stays as it is.
pub fn moved(amount: i64, by_bp: i64, currency: Currency) -> i64 {
    if by_bp == 0 {
        return amount;
    }
    let exact = i128::from(amount) * i128::from(10_000 + by_bp);
    let (step, end) = usual_end(currency);
    // The nearest of `n × step + end`, the higher one of two that are as near; `exact` is in ten-thousandths.
    let (step_exact, end_exact) = (i128::from(step) * 10_000, i128::from(end) * 10_000);
    let steps = (exact - end_exact + step_exact / 2).div_euclid(step_exact).max(0);
    i64::try_from(steps * i128::from(step) + i128::from(end)).unwrap_or(i64::MAX)
}

/// How prices go on, and with what they end, in the smallest unit: as in the assortment that a new shop begins with, and for
/// the currencies that it does not have, as shops of those countries write them.
fn usual_end(currency: Currency) -> (i64, i64) {
    match currency {
        Currency::Eur | Currency::Chf => (100, 90),
        Currency::Usd | Currency::Gbp | Currency::Cad | Currency::Aud | Currency::Pln => (100, 99),
        Currency::Jpy => (100, 80),
        Currency::Krw | Currency::Sek | Currency::Nok | Currency::Dkk => (1_000, 900),
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn a_moved_price_ends_as_prices_do() {
        for (amount, by_bp, currency, expected) in [
            (2_490, 1_000, Currency::Eur, 2_690),
            (2_490, -1_000, Currency::Eur, 2_290),
            (2_499, -2_000, Currency::Usd, 1_999),
            (4_080, 500, Currency::Jpy, 4_280),
            (38_900, -1_500, Currency::Krw, 32_900),
            (24_900, 333, Currency::Sek, 25_900),
            (123, 0, Currency::Eur, 123),
            // Nothing is ever sold for nothing.
            (90, -9_900, Currency::Eur, 90),
        ] {
            assert_eq!(moved(amount, by_bp, currency), expected, "{amount} {currency} by {by_bp}");
        }
    }

    #[test]
    fn it_stays_within_half_a_step_and_keeps_the_order() {
        for currency in Currency::VARIANTS {
            let (step, _) = usual_end(*currency);
            let mut last = 0;
            for amount in (step..step * 40).step_by(7) {
                let new = moved(amount, 777, *currency);
                let exact = amount * 10_777 / 10_000;
                assert!((new - exact).abs() <= step / 2 + 1, "{amount} {currency}: {new}");
                assert!(new >= last, "{amount} {currency}");
                last = new;
            }
        }
    }
}
