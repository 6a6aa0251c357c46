//! Sums add up to the unit, whatever is in the cart.

use chrono::DateTime;
use rand::{Rng, SeedableRng, rngs::StdRng};
use shop::{
    coupons::{Coupon, CouponKind},
    ids::CouponId,
    money::Currency,
    totals::{Item, Tax, Terms, Totals, compute},
};
use strum::VariantArray;

/// Carts for each combination of currency, tax and coupon.
const CARTS: usize = 200;

/// On what terms a cart is ordered with a coupon, or without one.
fn terms(coupon: Option<&Coupon>, currency: Currency, goods: i64, shipping: i64, tax: Option<Tax>) -> Terms {
    match coupon.map(|coupon| coupon.discount(currency, goods).expect("good for any sum")) {
        None => Terms { discount: 0, shipping, tax },
        Some(off) if off.free_shipping => Terms { discount: off.goods, shipping: 0, tax },
        Some(off) => Terms { discount: off.goods, shipping, tax },
    }
}

fn coupon(kind: CouponKind, value: i64, currency: Currency) -> Coupon {
    Coupon {
        id: CouponId::new(DateTime::UNIX_EPOCH),
        code: "ANY".to_owned(),
        kind,
        value,
        currency: (kind == CouponKind::Fixed).then_some(currency),
        min_subtotal: 0,
        max_uses: None,
        max_uses_each: None,
        uses: 0,
        starts_at: DateTime::UNIX_EPOCH,
        ends_at: None,
        is_active: true,
        created_at: DateTime::UNIX_EPOCH,
    }
}

/// None, and of each kind a few: a hundredth of a per cent, all of it, more than all of it.
fn coupons(dice: &mut StdRng, currency: Currency) -> Vec<Option<Coupon>> {
    let of = |kind: &CouponKind| match kind {
        CouponKind::Percent => vec![1, dice.random_range(2..=9_999), 10_000],
        CouponKind::Fixed => vec![1, dice.random_range(2..=50_000), i64::MAX],
        CouponKind::FreeShipping => vec![0],
    };
    let values: Vec<_> = CouponKind::VARIANTS.iter().map(of).collect();
    let kinds = CouponKind::VARIANTS.iter().zip(values);
    let all =
        kinds.flat_map(|(kind, values)| values.into_iter().map(|value| Some(coupon(*kind, value, currency))));
    [None].into_iter().chain(all).collect()
}

fn goods(items: &[Item]) -> i64 {
    items.iter().map(|item| item.unit * i64::from(item.quantity)).sum()
}

/// Prices of a shop in this currency: some thousand won, some euros and cents, and now and then a file for a single unit.
fn cart(dice: &mut StdRng, currency: Currency) -> Vec<Item> {
    let dearest = if currency == Currency::Krw { 300_000 } else { 20_000 };
    let lines = dice.random_range(1..=12);
    let unit = |dice: &mut StdRng| if dice.random_ratio(1, 8) { 1 } else { dice.random_range(1..=dearest) };
    (0..lines).map(|_| Item { unit: unit(dice), quantity: dice.random_range(1..=99) }).collect()
}

fn check(items: &[Item], terms: &Terms, totals: &Totals) {
    let told = || format!("{items:?} on {terms:?} come to {totals:?}");
    let sum = |part: fn(&shop::totals::LineTotals) -> i64| totals.lines.iter().map(part).sum::<i64>();
    let is_inclusive = terms.tax.is_none_or(|tax| tax.is_inclusive);
    let on_top = if is_inclusive { 0 } else { totals.tax };
    assert_eq!(totals.lines.len(), items.len(), "{}", told());
    assert_eq!(totals.total, totals.subtotal - totals.discount + totals.shipping + on_top, "{}", told());
    assert_eq!(sum(|line| line.subtotal), totals.subtotal, "{}", told());
    assert_eq!(sum(|line| line.discount), totals.discount, "{}", told());
    assert_eq!(sum(|line| line.tax) + totals.tax_on_shipping(), totals.tax, "{}", told());
    // As a payment provider is told: the lines, and shipping as one more.
    assert_eq!(sum(|line| line.total) + totals.charged_for_shipping(), totals.total, "{}", told());
    assert_eq!(
        totals.charged_for_shipping(),
        totals.shipping + if is_inclusive { 0 } else { totals.tax_on_shipping() },
        "{}",
        told()
    );
    let least = [totals.subtotal, totals.discount, totals.shipping, totals.tax, totals.total];
    let of_lines = totals.lines.iter().flat_map(|line| [line.subtotal, line.discount, line.tax, line.total]);
    assert!(least.into_iter().chain(of_lines).all(|amount| amount >= 0), "{}", told());
    assert!(totals.tax_on_shipping() >= 0 && totals.charged_for_shipping() >= 0, "{}", told());
    assert!(totals.discount <= totals.subtotal, "{}", told());
    assert!(!is_inclusive || totals.tax <= totals.total, "{}", told());
    for (line, item) in totals.lines.iter().zip(items) {
        assert_eq!(line.subtotal, item.unit * i64::from(item.quantity), "{}", told());
        assert!(line.discount <= line.subtotal, "{}", told());
        let on_top = if is_inclusive { 0 } else { line.tax };
        assert_eq!(line.total, line.subtotal - line.discount + on_top, "{}", told());
        // No line's part is a unit or more away from what it would be exactly.
        let (part, all) = (i128::from(line.subtotal), i128::from(totals.subtotal));
        let off = i128::from(line.discount) * all - i128::from(totals.discount) * part;
        assert!(off.abs() < all, "{}", told());
    }
}

/// A cart, and what it is ordered with.
struct Case<'c> {
    items: &'c [Item],
    coupon: Option<&'c Coupon>,
    currency: Currency,
    shipping: i64,
    tax: Option<Tax>,
}

impl Case<'_> {
    fn terms(&self, items: &[Item]) -> Terms {
        terms(self.coupon, self.currency, goods(items), self.shipping, self.tax)
    }
}

/// For every currency, tax and kind of coupon.
fn each(mut look: impl FnMut(&mut StdRng, &Case<'_>)) {
    for (number, currency) in (0..).zip(Currency::VARIANTS) {
        let mut dice = StdRng::seed_from_u64(number);
        let rate_bp = dice.random_range(0..=5_000);
        for tax in [
            None,
            Some(Tax { rate_bp: 1_900, is_inclusive: true }),
            Some(Tax { rate_bp: 810, is_inclusive: true }),
            Some(Tax { rate_bp, is_inclusive: true }),
            Some(Tax { rate_bp: 1_300, is_inclusive: false }),
            Some(Tax { rate_bp, is_inclusive: false }),
        ] {
            for _ in 0..CARTS {
                let items = cart(&mut dice, *currency);
                let shipping = dice.random_range(0..=5_000);
                for coupon in coupons(&mut dice, *currency) {
                    let coupon = coupon.as_ref();
                    look(&mut dice, &Case { items: &items, coupon, currency: *currency, shipping, tax });
                }
            }
        }
    }
}

#[test]
fn everything_adds_up_to_the_unit() {
    each(|_, case| {
        let terms = case.terms(case.items);
        check(case.items, &terms, &compute(case.items, &terms));
    });
}

#[test]
fn one_more_of_a_thing_never_costs_less() {
    each(|dice, case| {
        let fewer = compute(case.items, &case.terms(case.items));
        let mut items = case.items.to_vec();
        let at = dice.random_range(0..items.len());
        items[at].quantity += 1;
        let more = compute(&items, &case.terms(&items));
        let told = || format!("{:?} with {:?}: {fewer:?}, {more:?}", case.items, case.coupon);
        assert!(more.total >= fewer.total, "{}", told());
        assert!(more.tax >= fewer.tax, "{}", told());
    });
}
