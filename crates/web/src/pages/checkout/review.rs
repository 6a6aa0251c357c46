//! GET and POST /checkout/review

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    addresses::{Country, Texts},
    carts::Line,
    checkouts::{self, Plan, Step},
    images::suggested_title,
    money::{Currency, Money},
    orders::{self, PlaceError, Placing, Seen, Sums},
    products::ProductKind,
};

use super::{Stage, arrival, begun, path, percent, progress};
use crate::{
    admission::Guest,
    coupons,
    error::Problem,
    flash::{CartFlash, Flash, OrderFlash},
    forms::{CheckedForm, Form},
    limits,
    pages::{
        cart::show::{facts, note},
        orders as order_pages,
    },
    pictures::Cropped,
    views::Page,
    visit::{Visit, see_other},
};

/// templates/checkout/review.html
#[derive(Debug, Clone, Serialize)]
pub struct Review {
    progress: Vec<Stage>,
    lines: Vec<Row>,
    sums: Vec<Sum>,
    total: String,
    is_free: bool,
    /// What tax is in the total, or is not, unless it is one of the sums.
    tax: String,
    email: String,
    address: Vec<String>,
    phone: String,
    method: String,
    arrival: String,
    /// Whether a thing is sent, and whether a file is.
    is_sent: bool,
    has_file: bool,
    /// The coupon that takes nothing off, and why.
    coupon: Option<RefusedCoupon>,
    /// What the button says that was seen.
    seen: Vec<Hidden>,
    /// What is not as it was when the button was pressed.
    changes: Option<Vec<Difference>>,
    /// Why it cannot be ordered now.
    wait: String,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    picture: Cropped,
    product: String,
    caption: String,
    facts: Vec<String>,
    note: String,
    quantity: i32,
    unit: String,
    total: String,
}

#[derive(Debug, Clone, Serialize)]
struct Sum {
    label: String,
    amount: String,
}

#[derive(Debug, Clone, Serialize)]
struct RefusedCoupon {
    code: String,
    words: String,
}

#[derive(Debug, Clone, Serialize)]
struct Hidden {
    name: &'static str,
    value: String,
}

#[derive(Debug, Clone, Serialize)]
struct Difference {
    label: &'static str,
    old: String,
    new: String,
}

impl Page for Review {
    const TEMPLATE: &'static str = "checkout/review.html";
    const HAS_FORM: bool = true;
    const PLACE: Option<&'static str> = Some("/cart");

    fn title(&self) -> Cow<'_, str> {
        "Review your order".into()
    }

    fn samples() -> Vec<Self> {
        let row = |note: &str| Row {
            picture: Cropped::sample(),
            product: "Poster".to_owned(),
            caption: "A fox <asleep>".to_owned(),
            facts: vec!["30 × 40 cm".to_owned(), "Matte".to_owned()],
            note: note.to_owned(),
            quantity: 2,
            unit: "€24.90".to_owned(),
            total: "€49.80".to_owned(),
        };
        let sum = |label: &str| Sum { label: label.to_owned(), amount: "€49.80".to_owned() };
        let seen = Seen {
            version: 1,
            sums: Sums { subtotal: 4_980, discount: 0, shipping: 490, tax: 873, total: 5_470 },
        };
        let page = Self {
            progress: progress(Step::Review, true),
            lines: vec![row(""), row("Printed with 86 pixels an inch.")],
            sums: vec![sum("Goods"), sum("Coupon SPRING"), sum("Shipping"), sum("HST (13%)")],
            total: "€54.70".to_owned(),
            is_free: false,
            tax: "The total includes €8.73 VAT (19%).".to_owned(),
            email: "mira@example.org".to_owned(),
            address: vec!["Mira <b>fox".to_owned(), "Gartenstraße 3".to_owned()],
            phone: "+49 30 1234567".to_owned(),
            method: "Standard".to_owned(),
            arrival: "Monday 30 November to Friday 4 December".to_owned(),
            is_sent: true,
            has_file: true,
            coupon: None,
            seen: hidden(&seen),
            changes: None,
            wait: String::new(),
        };
        let file = Self {
            progress: progress(Step::Review, false),
            is_sent: false,
            is_free: true,
            tax: String::new(),
            phone: String::new(),
            ..page.clone()
        };
        let difference =
            Difference { label: "Total", old: "€54.70".to_owned(), new: "€59.70".to_owned() };
        let changed = Self {
            has_file: false,
            coupon: Some(RefusedCoupon { code: "SPRING".to_owned(), words: "It is used <up>.".to_owned() }),
            changes: Some(vec![difference]),
            ..page.clone()
        };
        let elsewhere =
            Self { changes: Some(vec![]), wait: "Please wait <a bit>.".to_owned(), ..page.clone() };
        vec![page, file, changed, elsewhere]
    }
}

impl Review {
    fn new(visit: &Visit, plan: &Plan) -> Self {
        let currency = plan.snapshot.cart.currency;
        let checkout = plan.checkout.as_ref();
        let texts = checkout.and_then(|checkout| checkout.address.clone()).unwrap_or_default();
        let totals = &plan.totals;
        let refused = plan.refused_coupon();
        Self {
            progress: progress(Step::Review, plan.is_sent()),
            lines: plan.snapshot.lines.iter().map(|line| row(visit, currency, line)).collect(),
            sums: sums(plan),
            total: Money::new(totals.total, currency).to_string(),
            is_free: totals.total == 0,
            tax: tax(plan),
            email: checkout.map(|checkout| checkout.email.clone()).unwrap_or_default(),
            address: if plan.is_sent() { texts.lines() } else { country(&texts) },
            phone: texts.phone.clone(),
            method: plan.rate().map(|rate| rate.method.title().to_owned()).unwrap_or_default(),
            arrival: plan
                .rate()
                .map(|rate| arrival(visit.at().date_naive(), plan.days(rate)))
                .unwrap_or_default(),
            is_sent: plan.is_sent(),
            has_file: plan.snapshot.lines.iter().any(|line| line.product_kind == ProductKind::Download),
            coupon: refused.map(|refused| RefusedCoupon {
                code: refused.code.clone(),
                words: coupons::words(refused.reason).into_owned(),
            }),
            seen: hidden(&Seen { version: plan.snapshot.cart.version, sums: Sums::from(totals) }),
            changes: None,
            wait: plan.too_little().map(|least| too_little(totals.total, least)).unwrap_or_default(),
        }
    }
}

/// Why it cannot be ordered, and what to do.
fn too_little(total: i64, least: Money) -> String {
    let total = Money::new(total, least.currency);
    format!(
        "This comes to {total}, and less than {least} cannot be paid by card or otherwise: it would cost more than it brings. Nothing was ordered. Please put a little more into your cart, and it can be ordered."
    )
}

/// All of it once more.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    match begun(&visit, Step::Review).await? {
        Ok((_, plan)) => visit.page(&Review::new(&visit, &plan)),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Makes the order, if it is still what the page showed.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let Some(owner) = visit.cart_owner().await? else { return Ok(see_other(path(Step::Cart))) };
    if let Err(too_often) = limits::take(&visit, &limits::ORDER, &subject(&visit)).await? {
        return match begun(&visit, Step::Review).await? {
            Ok((_, plan)) => {
                let page = Review { wait: too_often.words(), ..Review::new(&visit, &plan) };
                too_often.page(&visit, &page)
            }
            Err(elsewhere) => Ok(elsewhere),
        };
    }
    // A form without them saw nothing that could be ordered.
    let seen = seen(&form).unwrap_or(NOTHING);
    match orders::place(&visit.site.db, &visit.cause, &Placing { owner, seen }).await? {
        Ok(order_id) => {
            Ok(visit.see_other_with(&order_pages::path(order_id), Flash::Order(OrderFlash::Placed)))
        }
        Err(PlaceError::Incomplete(Step::Cart)) => {
            Ok(visit.see_other_with(path(Step::Cart), Flash::Cart(CartFlash::NeedsALook)))
        }
        Err(PlaceError::Incomplete(step)) => {
            Ok(visit.see_other_with(path(step), Flash::Cart(CartFlash::StepMissing)))
        }
        Err(PlaceError::Changed | PlaceError::TooLittle(_) | PlaceError::Coupon(_)) => {
            let plan = checkouts::of_owner(&visit.site.db, &visit.cause, &owner).await?;
            match plan.filter(|plan| plan.step() == Step::Review) {
                Some(plan) if plan.too_little().is_some() => {
                    visit.page_with(StatusCode::CONFLICT, &Review::new(&visit, &plan))
                }
                Some(plan) => {
                    let changes = Some(differences(&seen, &plan));
                    let page = Review { changes, ..Review::new(&visit, &plan) };
                    visit.page_with(StatusCode::CONFLICT, &page)
                }
                None => Ok(visit.see_other_with(path(Step::Cart), Flash::Cart(CartFlash::NeedsALook))),
            }
        }
    }
}

/// What a form without anything in it saw.
const NOTHING: Seen =
    Seen { version: -1, sums: Sums { subtotal: 0, discount: 0, shipping: 0, tax: 0, total: 0 } };

/// Who presses the button: an account, or a browser.
fn subject(visit: &Visit) -> String {
    match (visit.account_id(), visit.cart) {
        (Some(id), _) => id.to_string(),
        (None, Some(cart)) => hex::encode(cart.id_hash()),
        (None, None) => String::new(),
    }
}

fn seen(form: &Form) -> Option<Seen> {
    let amount = |name| form.text(name).parse().ok();
    Some(Seen {
        version: form.text("version").parse().ok()?,
        sums: Sums {
            subtotal: amount("subtotal")?,
            discount: amount("discount")?,
            shipping: amount("shipping")?,
            tax: amount("tax")?,
            total: amount("total")?,
        },
    })
}

fn hidden(seen: &Seen) -> Vec<Hidden> {
    let Sums { subtotal, discount, shipping, tax, total } = seen.sums;
    let amounts = [
        ("subtotal", subtotal),
        ("discount", discount),
        ("shipping", shipping),
        ("tax", tax),
        ("total", total),
    ];
    let version = Hidden { name: "version", value: seen.version.to_string() };
    let amounts = amounts.into_iter().map(|(name, amount)| Hidden { name, value: amount.to_string() });
    [version].into_iter().chain(amounts).collect()
}

/// What the sums were and are, where they differ. None of them: something else is another one, what is in the cart, say.
fn differences(seen: &Seen, plan: &Plan) -> Vec<Difference> {
    if seen.version == NOTHING.version {
        return vec![];
    }
    let (old, new, currency) = (seen.sums, Sums::from(&plan.totals), plan.snapshot.cart.currency);
    let money = |amount| Money::new(amount, currency).to_string();
    let pairs = [
        ("Goods", old.subtotal, new.subtotal),
        ("Coupon", -old.discount, -new.discount),
        ("Shipping", old.shipping, new.shipping),
        ("Tax", old.tax, new.tax),
        ("Total", old.total, new.total),
    ];
    let changed = pairs.into_iter().filter(|(_, old, new)| old != new);
    changed.map(|(label, old, new)| Difference { label, old: money(old), new: money(new) }).collect()
}

fn sums(plan: &Plan) -> Vec<Sum> {
    let (totals, currency) = (&plan.totals, plan.snapshot.cart.currency);
    let sum = |label: String, amount| Sum { label, amount: Money::new(amount, currency).to_string() };
    let mut sums = vec![sum("Goods".to_owned(), totals.subtotal)];
    if let Some(coupon) = plan.used_coupon().filter(|_| totals.discount > 0) {
        sums.push(sum(format!("Coupon {}", coupon.code), -totals.discount));
    }
    if plan.is_sent() {
        sums.push(sum("Shipping".to_owned(), totals.shipping));
    }
    if let Some(rule) = plan.tax.as_ref().filter(|rule| !rule.tax.is_inclusive) {
        sums.push(sum(format!("plus {} ({})", rule.name, percent(rule.tax.rate_bp)), totals.tax));
    }
    sums
}

/// Where prices have the tax in them, how much it is; where we take none, that others may.
fn tax(plan: &Plan) -> String {
    match &plan.tax {
        Some(rule) if rule.tax.is_inclusive => {
            let tax = Money::new(plan.totals.tax, plan.snapshot.cart.currency);
            format!("The total includes {tax} {} ({}).", rule.name, percent(rule.tax.rate_bp))
        }
        None if plan.is_sent() => {
            "Taxes and duties of the country that it goes to are not in this. They may be asked for at the door.".to_owned()
        }
        Some(_) | None => String::new(),
    }
}

fn row(visit: &Visit, currency: Currency, line: &Line) -> Row {
    let money = |amount| Money::new(amount, currency).to_string();
    Row {
        picture: visit.cropped(&line.image, line.crop),
        product: line.product_title.clone(),
        caption: suggested_title(&line.image.caption),
        facts: facts(line),
        note: note(line),
        quantity: line.quantity,
        unit: line.price.map(|price| money(price.amount)).unwrap_or_default(),
        total: line.total().map(money).unwrap_or_default(),
    }
}

fn country(texts: &Texts) -> Vec<String> {
    Country::find(&texts.country).map(|country| country.name.clone()).into_iter().collect()
}
