//! What an order comes to, to the unit: goods, discount, shipping, tax, and each line's part of them.
//!
//! Discount and tax are each computed once, on the order's sum, and then shared out over its lines by largest remainder. Rounding
//! line by line would add up to something else than what the order says (EN 16931, rule BR-CO-17: a document's tax at a rate is
//! its taxable sum times the rate, rounded once). No floats: 128 bits hold every product.

/// So many of a thing at this price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Price of one, in the currency's smallest unit.
    pub unit: i64,
    /// How many.
    pub quantity: i32,
}

/// What is taken off the goods and what is added to them, in the currency's smallest unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// Off the goods. More than they cost is as much as they cost.
    pub discount: i64,
    /// For sending them, after whatever makes it cheaper.
    pub shipping: i64,
    /// Where tax is taken.
    pub tax: Option<Tax>,
}

/// A tax on goods and their shipping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tax {
    /// In hundredths of a per cent.
    pub rate_bp: i32,
    /// Whether prices have it in them already.
    pub is_inclusive: bool,
}

/// The sums of an order, in the currency's smallest unit. `total = subtotal − discount + shipping`, and the tax on top where prices
/// have it not in them: the constraint `orders_total_adds_up`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Totals {
    /// All goods.
    pub subtotal: i64,
    /// Off the goods.
    pub discount: i64,
    /// For sending them, without a tax that comes on top.
    pub shipping: i64,
    /// On goods and shipping.
    pub tax: i64,
    /// What is to be paid.
    pub total: i64,
    /// Each line's part, in the order of the items.
    pub lines: Vec<LineTotals>,
}

/// A line's part of an order's sums, in the currency's smallest unit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineTotals {
    /// Unit × quantity.
    pub subtotal: i64,
    /// Its part of the discount.
    pub discount: i64,
    /// Its part of the tax.
    pub tax: i64,
    /// What is charged for it.
    pub total: i64,
}

impl Totals {
    /// What is charged for shipping: all that is not charged for a line.
    pub fn charged_for_shipping(&self) -> i64 {
        self.total - self.lines.iter().map(|line| line.total).sum::<i64>()
    }

    /// The tax that is on shipping: all that is on no line.
    pub fn tax_on_shipping(&self) -> i64 {
        self.tax - self.lines.iter().map(|line| line.tax).sum::<i64>()
    }
}

/// What these items come to on these terms. Negative amounts count as nothing.
pub fn compute(items: &[Item], terms: &Terms) -> Totals {
    let subtotals: Vec<i128> =
        items.iter().map(|item| i128::from(item.unit.max(0)) * i128::from(item.quantity.max(0))).collect();
    let subtotal: i128 = subtotals.iter().sum();
    let discount = i128::from(terms.discount.max(0)).min(subtotal);
    let shipping = i128::from(terms.shipping.max(0));
    let discounts = share(discount, &subtotals);
    let after: Vec<i128> = subtotals.iter().zip(&discounts).map(|(goods, off)| goods - off).collect();
    let net = subtotal - discount + shipping;
    let tax = terms.tax.map_or(0, |tax| tax.on(net));
    let on_top = terms.tax.is_some_and(|tax| !tax.is_inclusive);
    // The last share is that of shipping.
    let weights: Vec<i128> = after.iter().copied().chain([shipping]).collect();
    let taxes = share(tax, &weights);
    let lines = subtotals.iter().zip(&discounts).zip(&after).zip(&taxes);
    Totals {
        subtotal: whole(subtotal),
        discount: whole(discount),
        shipping: whole(shipping),
        tax: whole(tax),
        total: whole(if on_top { net + tax } else { net }),
        lines: lines
            .map(|(((subtotal, discount), after), tax)| LineTotals {
                subtotal: whole(*subtotal),
                discount: whole(*discount),
                tax: whole(*tax),
                total: whole(if on_top { after + tax } else { *after }),
            })
            .collect(),
    }
}

impl Tax {
    /// The tax in a sum, or on it, rounded half up: gross × rate ÷ (1 + rate), or net × rate.
    fn on(self, sum: i128) -> i128 {
        let rate = i128::from(self.rate_bp.max(0));
        half_up(sum * rate, if self.is_inclusive { 10_000 + rate } else { 10_000 })
    }
}

/// A quotient of two that are not negative, rounded to the nearest whole; a half goes up.
fn half_up(numerator: i128, denominator: i128) -> i128 {
    (numerator * 2 + denominator) / (denominator * 2)
}

/// Shares an amount out by weight, to the unit: everybody gets the whole part of their share, and what is left over goes, a unit
/// each, to those who lost most by that (the largest remainder method; among equals, to the first). No share is more than its
/// weight if the amount is not more than all of them.
fn share(amount: i128, weights: &[i128]) -> Vec<i128> {
    let all: i128 = weights.iter().sum();
    if all == 0 {
        return vec![0; weights.len()];
    }
    let mut shares: Vec<i128> = weights.iter().map(|weight| amount * weight / all).collect();
    let mut by_loss: Vec<usize> = (0..weights.len()).collect();
    by_loss.sort_by_key(|at| std::cmp::Reverse(amount * weights[*at] % all));
    let left = amount - shares.iter().sum::<i128>();
    for at in by_loss.into_iter().take(usize::try_from(left).unwrap_or_default()) {
        shares[at] += 1;
    }
    shares
}

/// Prices of at most 100 million and quantities of at most 99 stay far below what 64 bits hold.
fn whole(amount: i128) -> i64 {
    i64::try_from(amount).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VAT: Tax = Tax { rate_bp: 1_900, is_inclusive: true };
    const GST: Tax = Tax { rate_bp: 1_300, is_inclusive: false };

    fn item(unit: i64, quantity: i32) -> Item {
        Item { unit, quantity }
    }

    #[test]
    fn tax_that_is_in_the_price_is_told_and_not_added() {
        // €24.90 and €4.90 for the parcel: 29.80 × 19 ÷ 119 = 4.7579…
        let totals = compute(&[item(2_490, 1)], &Terms { shipping: 490, tax: Some(VAT), ..Terms::default() });
        assert_eq!((totals.total, totals.tax), (2_980, 476));
        assert_eq!(totals.lines[0], LineTotals { subtotal: 2_490, discount: 0, tax: 398, total: 2_490 });
        assert_eq!((totals.charged_for_shipping(), totals.tax_on_shipping()), (490, 78));
    }

    #[test]
    fn tax_that_is_not_in_the_price_comes_on_top_after_the_discount() {
        let terms = Terms { discount: 500, shipping: 990, tax: Some(GST) };
        let totals = compute(&[item(2_699, 2)], &terms);
        // 53.98 − 5.00 + 9.90 = 58.88, × 13 % = 7.6544
        assert_eq!((totals.subtotal, totals.discount, totals.tax, totals.total), (5_398, 500, 765, 6_653));
        assert_eq!(totals.lines[0].total + totals.charged_for_shipping(), totals.total);
    }

    #[test]
    fn halves_go_up() {
        let on = |sum, rate_bp, is_inclusive| Tax { rate_bp, is_inclusive }.on(sum);
        assert_eq!(on(50, 100, false), 1);
        assert_eq!(on(49, 100, false), 0);
        assert_eq!(on(6_300, 500, true), 300);
        // 10.5 × 5 ÷ 105 = 0.5
        assert_eq!(on(21, 250, true), 1);
    }

    #[test]
    fn what_is_left_over_goes_to_who_lost_most() {
        assert_eq!(share(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(share(10, &[999, 1, 1_000]), [5, 0, 5]);
        assert_eq!(share(5, &[3, 3, 1]), [2, 2, 1]);
        assert_eq!(share(0, &[0, 0]), [0, 0]);
    }

    #[test]
    fn nothing_costs_less_than_nothing() {
        let totals = compute(&[item(990, 1)], &Terms { discount: 5_000, shipping: 0, tax: Some(VAT) });
        assert_eq!((totals.discount, totals.tax, totals.total), (990, 0, 0));
        assert_eq!(compute(&[], &Terms::default()), Totals::default());
    }
}
