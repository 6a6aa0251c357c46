//! GET /cart

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    carts::{self, Applied, Line, LineProblem, Snapshot, most},
    crops::{Crop, Orientation, Sharpness},
    ids::{CartLineId, ImageId},
    images::suggested_title,
    money::{Currency, Money},
    prices,
    products::ProductKind,
};
use uuid::Uuid;

use super::lines;
use crate::{
    admission::Guest,
    coupons,
    error::Problem,
    forms::FieldError,
    pictures::{Cropped, hung_path},
    views::Page,
    visit::Visit,
};

/// templates/cart/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    lines: Vec<Row>,
    sums: Sums,
    coupon: CouponForm,
    currencies: Vec<Choice>,
    /// Whether all of it can be ordered.
    can_be_ordered: bool,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: CartLineId,
    /// What buttons call it who stand in no visible line.
    name: String,
    /// Nothing of a picture that is gone may be shown.
    picture: Option<Shown>,
    product: String,
    product_path: String,
    /// Size, finish and which way it hangs.
    facts: Vec<String>,
    /// What is to be said about the pixels.
    note: String,
    /// Of one.
    unit: String,
    /// Of one, before.
    before: String,
    /// Of all of them.
    total: String,
    /// As it was typed, if that was none.
    quantity: String,
    is_wrong: bool,
    most: i32,
    problem: Option<Trouble>,
}

#[derive(Debug, Clone, Serialize)]
struct Shown {
    cropped: Cropped,
    path: String,
    caption: String,
}

/// Why something cannot be ordered, and what can be done about it.
#[derive(Debug, Clone, Serialize)]
struct Trouble {
    text: String,
    path: String,
    label: &'static str,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Sums {
    /// How many can be ordered.
    pieces: i32,
    goods: String,
    /// What the coupon takes off; nothing if it takes nothing off.
    discount: String,
    free_shipping: bool,
    total: String,
}

#[derive(Debug, Clone, Default, Serialize)]
struct CouponForm {
    /// Of the cart's.
    code: String,
    /// Why it takes nothing off, as things stand.
    problem: String,
    /// What was typed that is none.
    typed: String,
}

#[derive(Debug, Clone, Serialize)]
struct Choice {
    code: &'static str,
    name: &'static str,
    is_chosen: bool,
}

/// What was typed and is not taken.
#[derive(Debug, Clone, Copy)]
pub(super) enum Refused<'t> {
    /// The quantity of a line.
    Quantity(CartLineId, &'t str),
    /// A coupon's code.
    Code(&'t str),
}

impl Page for Show {
    const TEMPLATE: &'static str = "cart/show.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Your cart".into()
    }

    fn samples() -> Vec<Self> {
        let row = |n: u128, problem: Option<LineProblem>| Row {
            id: CartLineId(Uuid::from_u128(n)),
            name: "Poster, 30 × 40 cm, A fox <asleep>".to_owned(),
            picture: (problem != Some(LineProblem::PictureGone)).then(|| Shown {
                cropped: Cropped::sample(),
                path: "/images/1".to_owned(),
                caption: "A fox <asleep>".to_owned(),
            }),
            product: "Poster".to_owned(),
            product_path: "/products/poster".to_owned(),
            facts: vec!["30 × 40 cm".to_owned(), "Matte".to_owned(), "Across".to_owned()],
            note: if n == 0 { String::new() } else { "86 pixels an inch".to_owned() },
            unit: "€24.90".to_owned(),
            before: if n == 0 { "€29.90".to_owned() } else { String::new() },
            total: if problem.is_some() { String::new() } else { "€49.80".to_owned() },
            quantity: if n == 2 { "<again>".to_owned() } else { "2".to_owned() },
            is_wrong: n == 2,
            most: if n == 1 { 1 } else { 99 },
            problem: problem.map(|problem| trouble(problem, Currency::Eur, ImageId(Uuid::nil()))),
        };
        let problems = [
            None,
            Some(LineProblem::NotSold),
            Some(LineProblem::PictureGone),
            Some(LineProblem::NoPrice),
            Some(LineProblem::TooFewPixels),
        ];
        let sums = |discount: &str| Sums {
            pieces: 3,
            goods: "€99.60".to_owned(),
            discount: discount.to_owned(),
            free_shipping: discount.is_empty(),
            total: "€89.60".to_owned(),
        };
        let page = Self {
            lines: vec![],
            sums: Sums::default(),
            coupon: CouponForm::default(),
            currencies: choices(&[Currency::Eur, Currency::Jpy], Currency::Eur),
            can_be_ordered: false,
            errors: vec![],
        };
        let full = Self {
            lines: vec![row(0, None), row(1, None)],
            sums: sums("€10.00"),
            coupon: CouponForm { code: "SPRING".to_owned(), ..CouponForm::default() },
            can_be_ordered: true,
            ..page.clone()
        };
        let marked = Self {
            lines: (0..).zip(problems).map(|(n, problem)| row(n, problem)).collect(),
            sums: sums(""),
            coupon: CouponForm {
                code: "SPRING".to_owned(),
                problem: "It counts from €200.00 on.".to_owned(),
                typed: "<again>".to_owned(),
            },
            errors: vec![
                FieldError::new("code", "Please look at this <again>."),
                FieldError::new("", "Please look at this <again>."),
            ],
            can_be_ordered: false,
            ..full.clone()
        };
        vec![page, full, marked]
    }
}

/// What is in it, and what it costs now.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    visit.page(&page(&visit, None).await?)
}

/// The cart as it is, with what was typed and not taken.
pub(super) async fn page(visit: &Visit, refused: Option<(Refused<'_>, FieldError)>) -> Result<Show, Problem> {
    let offered = prices::currencies(&visit.site.db, &visit.cause).await?;
    let (typed, errors) = match refused {
        Some((typed, error)) => (Some(typed), vec![error]),
        None => (None, vec![]),
    };
    let Some((snapshot, applied)) = look(visit).await? else {
        let currencies = choices(&offered, visit.site.currency);
        return Ok(Show {
            lines: vec![],
            sums: Sums::default(),
            coupon: CouponForm::default(),
            currencies,
            can_be_ordered: false,
            errors,
        });
    };
    let currency = snapshot.cart.currency;
    let code = match typed {
        Some(Refused::Code(typed)) => typed,
        Some(Refused::Quantity(..)) | None => "",
    };
    Ok(Show {
        lines: snapshot.lines.iter().map(|line| row(visit, currency, line, typed)).collect(),
        sums: sums(&snapshot, applied.as_ref()),
        coupon: CouponForm {
            problem: applied
                .as_ref()
                .and_then(|applied| applied.discount.err())
                .map(|refusal| coupons::words(refusal).into_owned())
                .unwrap_or_default(),
            code: applied.map(|applied| applied.coupon.code).unwrap_or_default(),
            typed: code.to_owned(),
        },
        currencies: choices(&offered, currency),
        can_be_ordered: snapshot.can_be_ordered(),
        errors,
    })
}

/// One moment of the cart.
async fn look(visit: &Visit) -> Result<Option<(Snapshot, Option<Applied>)>, Problem> {
    let Some(owner) = visit.cart_owner().await? else { return Ok(None) };
    let mut conn = visit.site.db.acquire().await?;
    let Some(cart) = carts::find(&mut *conn, &owner).await? else { return Ok(None) };
    let Some(snapshot) = carts::snapshot(&mut conn, &visit.cause, cart.id).await? else { return Ok(None) };
    let applied = carts::applied(&mut conn, &visit.cause, &snapshot.cart, snapshot.subtotal()).await?;
    Ok(Some((snapshot, applied)))
}

fn row(visit: &Visit, currency: Currency, line: &Line, typed: Option<Refused<'_>>) -> Row {
    let money = |amount| Money::new(amount, currency).to_string();
    let wrong = match typed {
        Some(Refused::Quantity(id, typed)) if id == line.id => Some(typed),
        Some(Refused::Quantity(..) | Refused::Code(_)) | None => None,
    };
    let picture = match line.problem {
        Some(LineProblem::PictureGone) => None,
        Some(LineProblem::NotSold | LineProblem::NoPrice | LineProblem::TooFewPixels) | None => Some(Shown {
            cropped: visit.cropped(&line.image, line.crop),
            path: if line.is_own {
                format!("/images/{}", line.image.id)
            } else {
                hung_path(&line.image.caption, line.image.id)
            },
            caption: suggested_title(&line.image.caption),
        }),
    };
    let mut name = vec![line.product_title.clone(), line.variant.size.clone()];
    name.extend(picture.as_ref().map(|picture| picture.caption.clone()));
    Row {
        id: line.id,
        name: name.join(", "),
        picture,
        product: line.product_title.clone(),
        product_path: match line.problem {
            Some(LineProblem::NotSold) => "/products".to_owned(),
            Some(LineProblem::PictureGone) => format!("/products/{}", line.product_slug),
            Some(LineProblem::NoPrice | LineProblem::TooFewPixels) | None => {
                lines::product_path(&line.product_slug, &line.choice())
            }
        },
        facts: facts(line),
        note: note(line),
        unit: line.price.map(|price| money(price.amount)).unwrap_or_default(),
        before: line.price.and_then(|price| price.compare_at).map(money).unwrap_or_default(),
        total: line.total().map(money).unwrap_or_default(),
        quantity: wrong.map_or_else(|| line.quantity.to_string(), str::to_owned),
        is_wrong: wrong.is_some(),
        most: most(line.product_kind),
        problem: line.problem.map(|problem| trouble(problem, currency, line.image.id)),
    }
}

/// Size, finish and which way it hangs.
pub(in crate::pages) fn facts(line: &Line) -> Vec<String> {
    let turned = match line.orientation {
        Orientation::Portrait if line.variant.turns => "Upright",
        Orientation::Portrait => "",
        Orientation::Landscape => "Across",
    };
    let whole = match line.product_kind {
        ProductKind::Download => "",
        ProductKind::Poster
        | ProductKind::Framed
        | ProductKind::Canvas
        | ProductKind::Mug
        | ProductKind::Tee => {
            if line.crop == Crop::ALL {
                "The whole picture"
            } else {
                ""
            }
        }
    };
    let texts = [&line.variant.size, &line.variant.finish, turned, whole];
    texts.into_iter().filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// What is to be said about the pixels: nothing, if there are plenty, or if something else stands in the way.
pub(in crate::pages) fn note(line: &Line) -> String {
    match line.sharpness.filter(|_| line.problem.is_none()) {
        None | Some((Sharpness::Good, _)) => String::new(),
        Some((Sharpness::Fair, dpi)) => {
            format!("Printed with {dpi} pixels an inch: sharp at arm’s length.")
        }
        Some((Sharpness::Low | Sharpness::TooLow, dpi)) => {
            format!("Printed with {dpi} pixels an inch: soft when seen from near, as you agreed.")
        }
    }
}

fn trouble(problem: LineProblem, currency: Currency, image: ImageId) -> Trouble {
    let others = format!("/products?image={image}");
    let (text, path, label) = match problem {
        LineProblem::NotSold => (
            "We do not sell this any more. Please remove it, or choose something else for the picture.".to_owned(),
            others,
            "See what we sell",
        ),
        LineProblem::PictureGone => (
            "The picture is not here any more: it was deleted, or taken out of the gallery. Please remove this, or choose another picture.".to_owned(),
            "/gallery".to_owned(),
            "Find another picture",
        ),
        LineProblem::NoPrice => (
            format!("We do not sell this in {} ({}). Please remove it, or pay in another currency.", currency.code(), currency.name()),
            "#currency".to_owned(),
            "Choose a currency",
        ),
        LineProblem::TooFewPixels => (
            "The picture has too few pixels for this size. Please remove it, and choose a smaller one.".to_owned(),
            others,
            "Choose something smaller",
        ),
    };
    Trouble { text, path, label }
}

fn sums(snapshot: &Snapshot, applied: Option<&Applied>) -> Sums {
    let money = |amount| Money::new(amount, snapshot.cart.currency).to_string();
    let goods = snapshot.subtotal();
    let discount = applied.and_then(|applied| applied.discount.ok());
    let off = discount.map_or(0, |discount| discount.goods);
    let sold = snapshot.lines.iter().filter(|line| line.total().is_some());
    Sums {
        pieces: sold.map(|line| line.quantity).sum(),
        goods: money(goods),
        discount: if off > 0 { money(off) } else { String::new() },
        free_shipping: discount.is_some_and(|discount| discount.free_shipping),
        total: money(goods - off),
    }
}

fn choices(offered: &[Currency], chosen: Currency) -> Vec<Choice> {
    let mut offered = offered.to_vec();
    if !offered.contains(&chosen) {
        offered.push(chosen);
    }
    let choice = |currency: &Currency| Choice {
        code: currency.code(),
        name: currency.name(),
        is_chosen: *currency == chosen,
    };
    offered.iter().map(choice).collect()
}
