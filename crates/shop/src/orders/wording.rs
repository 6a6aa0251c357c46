//! How lines and sums of an order are called, on pages, in letters and where they are paid.

use super::reading::{Bill, Line, Order};
use crate::{money::Money, shipping::ShippingMethod};

/// A sum with its name.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct SumRow {
    /// As in "Shipping".
    pub label: String,
    /// As in "€4.90".
    pub amount: String,
    /// Whether it is what is to be paid.
    pub is_total: bool,
}

impl Line {
    /// As in "30 × 40 cm, Matte, landscape"; empty for what comes in one way only.
    pub fn choices(&self) -> String {
        let parts = [self.size.as_str(), self.finish.as_str()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

impl Bill {
    /// An amount in the currency of the order.
    pub fn money(&self, amount: i64) -> Money {
        Money::new(amount, self.currency)
    }

    /// As in "19% VAT", "8.25% Sales tax"; nothing where there is no tax.
    pub fn tax_label(&self) -> Option<String> {
        (!self.tax_name.is_empty()).then(|| {
            let (whole, rest) = (self.tax_rate_bp / 100, self.tax_rate_bp % 100);
            let rest = format!("{rest:02}");
            let rest = rest.trim_end_matches('0');
            let point = if rest.is_empty() { "" } else { "." };
            format!("{whole}{point}{rest}% {}", self.tax_name)
        })
    }
}

impl Order {
    /// The sums from the goods to what is to be paid, with the tax where it belongs: before the total if it comes on top, after
    /// it if it is in there already.
    pub fn sum_rows(&self) -> Vec<SumRow> {
        let sums = &self.sums;
        let row = |label: String, amount: i64, is_total| SumRow {
            label,
            amount: sums.money(amount).to_string(),
            is_total,
        };
        let mut rows = vec![row("Goods".to_owned(), sums.subtotal, false)];
        if sums.discount > 0 {
            let label = match &self.coupon_code {
                Some(code) => format!("Coupon {code}"),
                None => "Coupon".to_owned(),
            };
            rows.push(row(label, -sums.discount, false));
        }
        if self.shipping_method.is_some() {
            rows.push(row("Shipping".to_owned(), sums.shipping, false));
        }
        let tax = sums.tax_label();
        if let Some(tax) = tax.as_ref().filter(|_| !sums.tax_is_inclusive) {
            rows.push(row(tax.clone(), sums.tax, false));
        }
        rows.push(row("Total".to_owned(), sums.total, true));
        if let Some(tax) = tax.filter(|_| sums.tax_is_inclusive) {
            rows.push(row(format!("of which {tax}"), sums.tax, false));
        }
        rows
    }

    /// The address as it is written on a parcel, a line each.
    pub fn address_lines(&self) -> Vec<String> {
        self.address.as_ref().map(crate::addresses::Texts::lines).unwrap_or_default()
    }

    /// As in "Standard"; nothing where nothing is sent.
    pub fn shipping_title(&self) -> Option<&'static str> {
        self.shipping_method.map(ShippingMethod::title)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_rate_is_said_without_needless_zeros() {
        for (rate, label) in [(1_900, "19% VAT"), (825, "8.25% VAT"), (550, "5.5% VAT"), (5, "0.05% VAT")] {
            let sums = Bill {
                currency: Currency::Eur,
                subtotal: 0,
                discount: 0,
                shipping: 0,
                tax: 0,
                total: 0,
                tax_name: "VAT".to_owned(),
                tax_rate_bp: rate,
                tax_is_inclusive: true,
            };
            assert_eq!(sums.tax_label().as_deref(), Some(label));
        }
    }
}
