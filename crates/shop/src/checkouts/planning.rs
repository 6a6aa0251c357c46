//! What would be ordered now, and what it would come to. The pages of the checkout show it, and placing the order works it out
//! once more.

use sqlx::{PgConnection, PgPool};

use super::Checkout;
use crate::{
    Cause,
    addresses::{Country, check},
    carts::{self, Applied, Cart, Line, Owner, Snapshot},
    coupons::{Coupon, CouponRefusal, Discount, uses_of},
    ids::CartId,
    money::Money,
    products::ProductKind,
    shipping::{self, CannotSend, Rate, ShippingMethod},
    taxes::{self, TaxRule},
    totals::{self, Item, Terms, Totals},
};

/// A page of the checkout, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::VariantArray)]
pub enum Step {
    /// The cart itself: it is empty, or something in it cannot be had.
    Cart,
    /// Who buys, and where it goes.
    Address,
    /// How it is sent.
    Shipping,
    /// All of it once more, and the button.
    Review,
}

/// A coupon that is in the cart and takes nothing off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// As it is typed.
    pub code: String,
    /// Why.
    pub reason: CouponRefusal,
}

/// What would be ordered now.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The cart as it is.
    pub snapshot: Snapshot,
    /// How far its owner came.
    pub checkout: Option<Checkout>,
    /// The coupon in the cart.
    pub coupon: Option<Result<Coupon, Refused>>,
    /// Whether it takes anything off as things stand: one for the post does nothing for files, say, and then no use of it is taken.
    takes_off: bool,
    /// The ways to send it, once it is known where to. Nothing: there is nothing to send.
    pub rates: Option<Result<Vec<Rate>, CannotSend>>,
    /// The tax of where it goes.
    pub tax: Option<TaxRule>,
    /// What it comes to, as far as it is known.
    pub totals: Totals,
}

/// What somebody would order now; nothing if they have no cart.
pub async fn of_owner(db: &PgPool, cause: &Cause, owner: &Owner) -> sqlx::Result<Option<Plan>> {
    let mut connection = db.acquire().await?;
    match carts::find(&mut *connection, owner).await? {
        Some(cart) => plan(&mut connection, cause, cart.id).await,
        None => Ok(None),
    }
}

/// What would be ordered from a cart now; nothing if there is no such cart.
pub(crate) async fn plan(
    db: &mut PgConnection,
    cause: &Cause,
    cart_id: CartId,
) -> sqlx::Result<Option<Plan>> {
    let Some(snapshot) = carts::snapshot(&mut *db, cause, cart_id).await? else { return Ok(None) };
    let checkout = super::find(&mut *db, cart_id).await?;
    let currency = snapshot.cart.currency;
    let items: Vec<Item> = snapshot.lines.iter().map(item).collect();
    let goods = totals::compute(&items, &Terms::default()).subtotal;
    let coupon = coupon(&mut *db, cause, &snapshot.cart, checkout.as_ref(), goods).await?;
    let (off, ships_free) = match &coupon {
        Some(Ok((_, discount))) => (discount.goods.clamp(0, goods), discount.free_shipping),
        Some(Err(_)) | None => (0, false),
    };
    let chosen = checkout.as_ref().and_then(|checkout| checkout.method);
    let (mut rates, mut tax, mut takes_off) = (None, None, off > 0);
    if let Some(address) = checkout.as_ref().and_then(|checkout| checkout.address.as_ref()) {
        tax = taxes::find(&mut *db, &address.country, &address.region).await?;
        if snapshot.lines.iter().any(is_sent) {
            let weight = snapshot.lines.iter().map(weight_g).sum();
            let found = shipping::rates(db, &address.country, currency, weight, goods - off).await?;
            rates = Some(found.map(|rates| {
                if !ships_free {
                    return rates;
                }
                let full = rates.iter().find(|rate| Some(rate.method) == chosen).map(|rate| rate.amount);
                let rates = without_postage(rates);
                let rest = rates.iter().find(|rate| Some(rate.method) == chosen).map(|rate| rate.amount);
                takes_off |= rest < full;
                rates
            }));
        }
    }
    let mut plan = Plan {
        snapshot,
        checkout,
        coupon: coupon.map(|coupon| coupon.map(|(coupon, _)| coupon)),
        takes_off,
        rates,
        tax,
        totals: Totals::default(),
    };
    let shipping = plan.rate().map_or(0, |rate| rate.amount);
    let tax = plan.tax.as_ref().map(|rule| rule.tax);
    plan.totals = totals::compute(&items, &Terms { discount: off, shipping, tax });
    if off > 0 && plan.too_little().is_some() {
        // Nobody can pay the few cents that a coupon leaves: it takes all of it off.
        plan.totals = totals::compute(&items, &Terms { discount: goods, shipping, tax });
    }
    Ok(Some(plan))
}

impl Plan {
    /// The first page on which something is missing.
    pub fn step(&self) -> Step {
        if self.snapshot.lines.is_empty() || self.problems().next().is_some() {
            return Step::Cart;
        }
        let address = self.checkout.as_ref().and_then(|checkout| checkout.address.as_ref());
        let is_known = address.is_some_and(|address| {
            if self.is_sent() { check(address).is_ok() } else { Country::find(&address.country).is_some() }
        });
        if !is_known {
            Step::Address
        } else if self.is_sent() && self.rate().is_none() {
            Step::Shipping
        } else {
            Step::Review
        }
    }

    /// The least that can be charged, if it comes to something, and to less than that: then it cannot be ordered as it is.
    pub fn too_little(&self) -> Option<Money> {
        let currency = self.snapshot.cart.currency;
        let least = currency.least_charge();
        (1..least).contains(&self.totals.total).then(|| Money::new(least, currency))
    }

    /// Lines that cannot be had as they are.
    pub fn problems(&self) -> impl Iterator<Item = &Line> {
        self.snapshot.lines.iter().filter(|line| line.problem.is_some())
    }

    /// Whether there is anything to send.
    pub fn is_sent(&self) -> bool {
        self.snapshot.lines.iter().any(is_sent)
    }

    /// The way of sending that was chosen, if it is still to be had.
    pub fn rate(&self) -> Option<&Rate> {
        let chosen = self.checkout.as_ref()?.method?;
        self.rates.as_ref()?.as_ref().ok()?.iter().find(|rate| rate.method == chosen)
    }

    /// Working days from the order to the door, if it is sent this way: at least, at most. All of it goes in one parcel, when the
    /// last of it is made.
    pub fn days(&self, rate: &Rate) -> (i16, i16) {
        let made = self.snapshot.lines.iter().filter(|line| is_sent(line)).map(|line| line.product_days);
        let (least, most) = made.fold((0, 0), |all, days| (all.0.max(days.0), all.1.max(days.1)));
        (least + rate.days.0, most + rate.days.1)
    }

    /// The coupon that takes something off.
    pub fn used_coupon(&self) -> Option<&Coupon> {
        self.coupon.as_ref()?.as_ref().ok().filter(|_| self.takes_off)
    }

    /// The coupon that does not, and why.
    pub fn refused_coupon(&self) -> Option<&Refused> {
        self.coupon.as_ref()?.as_ref().err()
    }
}

/// The coupon in a cart, and what it takes off for this buyer.
async fn coupon(
    db: &mut PgConnection,
    cause: &Cause,
    cart: &Cart,
    checkout: Option<&Checkout>,
    goods: i64,
) -> sqlx::Result<Option<Result<(Coupon, Discount), Refused>>> {
    let Some(Applied { coupon, discount }) = carts::applied(&mut *db, cause, cart, goods).await? else {
        return Ok(None);
    };
    let discount = match (discount, coupon.max_uses_each, checkout) {
        (Ok(discount), Some(most), Some(checkout)) => {
            let account_id = cart.owner.account_id();
            let used = uses_of(&mut *db, coupon.id, account_id, &checkout.email, Some(cart.id)).await?;
            if used < i64::from(most) { Ok(discount) } else { Err(CouponRefusal::UsedUpByCustomer) }
        }
        (discount, _, _) => discount,
    };
    Ok(Some(match discount {
        Ok(discount) => Ok((coupon, discount)),
        Err(reason) => Err(Refused { code: coupon.code, reason }),
    }))
}

/// With a coupon for it, the post costs nothing. A courier costs what they cost.
fn without_postage(rates: Vec<Rate>) -> Vec<Rate> {
    let free = |rate: Rate| match rate.method {
        ShippingMethod::Standard => Rate { amount: 0, ..rate },
        ShippingMethod::Express => rate,
    };
    rates.into_iter().map(free).collect()
}

/// What cannot be had costs nothing: it is not ordered.
fn item(line: &Line) -> Item {
    let price = line.price.filter(|_| line.problem.is_none());
    Item { unit: price.map_or(0, |price| price.amount), quantity: line.quantity }
}

fn is_sent(line: &Line) -> bool {
    match line.product_kind {
        ProductKind::Poster
        | ProductKind::Framed
        | ProductKind::Canvas
        | ProductKind::Mug
        | ProductKind::Tee => true,
        ProductKind::Download => false,
    }
}

fn weight_g(line: &Line) -> i64 {
    i64::from(line.variant.weight_g) * i64::from(line.quantity)
}
