//! What is in the cart, line by line.

pub mod new;
pub mod removal;
pub mod restoration;
pub mod show;

use serde::Serialize;
use shop::{
    carts::{LineError, NewLine},
    crops::{Crop, Orientation},
    money::Currency,
};
use url::form_urlencoded::Serializer;

use crate::{error::Problem, forms::Form};

/// A field that forms carry along.
#[derive(Debug, Clone, Serialize)]
pub struct Carried {
    name: &'static str,
    value: String,
}

/// A choice as forms have it: of the page of a product, and of whoever brings one back.
pub fn carried(choice: &NewLine) -> Vec<Carried> {
    let orientation: &str = choice.orientation.into();
    [
        ("variant", choice.variant_id.to_string()),
        ("image", choice.image_id.to_string()),
        ("orientation", orientation.to_owned()),
        ("left", choice.crop.left.to_string()),
        ("top", choice.crop.top.to_string()),
        ("width", choice.crop.width.to_string()),
        ("height", choice.crop.height.to_string()),
        ("quantity", choice.quantity.to_string()),
        ("accept", if choice.accepts_low_dpi { "yes".to_owned() } else { String::new() }),
    ]
    .map(|(name, value)| Carried { name, value })
    .to_vec()
}

/// The page of a product with a choice made on it.
pub fn product_path(slug: &str, choice: &NewLine) -> String {
    let fields = carried(choice);
    let made = fields.iter().filter(|field| !["quantity", "accept"].contains(&field.name));
    let mut query = Serializer::new(String::new());
    query.extend_pairs(made.map(|field| (field.name, field.value.as_str())));
    format!("/products/{slug}?{}", query.finish())
}

/// The choice that a form has. Numbers that are none were not made by a page of ours; a quantity is typed by people.
fn chosen(form: &Form) -> Result<NewLine, Problem> {
    fn read<T: std::str::FromStr>(form: &Form, field: &str) -> Result<T, Problem> {
        form.text(field).trim().parse().map_err(|_| Problem::Unreadable)
    }
    let quantity = form.text("quantity").trim();
    Ok(NewLine {
        variant_id: read(form, "variant")?,
        image_id: read(form, "image")?,
        orientation: read::<Orientation>(form, "orientation")?,
        crop: Crop {
            left: read(form, "left")?,
            top: read(form, "top")?,
            width: read(form, "width")?,
            height: read(form, "height")?,
        },
        // What is no number is refused as zero is.
        quantity: if quantity.is_empty() { 1 } else { quantity.parse().unwrap_or_default() },
        accepts_low_dpi: !form.text("accept").is_empty(),
    })
}

/// Why something cannot be put into the cart, and what to do.
fn words(error: LineError) -> String {
    match error {
        LineError::NotSold => "We do not sell this, or not any more. Please choose another size or finish.".to_owned(),
        LineError::NoPrice(currency) => no_price(currency),
        LineError::NoPicture => {
            "The picture is not here any more: it was deleted, or taken out of the gallery. Please choose another one.".to_owned()
        }
        LineError::BadCrop => {
            "The part of the picture does not have the shape of what it is printed on. Please choose the part again.".to_owned()
        }
        LineError::TooFewPixels(dpi) => format!(
            "The picture has too few pixels for this size: it would be printed with {dpi} an inch. Please choose a smaller size, or a larger part of the picture."
        ),
        LineError::FewPixels(dpi) => format!(
            "In this size the picture would be printed with {dpi} pixels an inch, and look soft from near. From across a room it is fine. A smaller size would be sharper."
        ),
        LineError::BadQuantity(most) => format!("Please choose how many you want, from 1 to {most}."),
        LineError::Full => format!(
            "There are {} different things in your cart, which is as many as we take at once. Please order them first, or remove one.",
            shop::carts::LINES_MAX
        ),
    }
}

fn no_price(currency: Currency) -> String {
    format!(
        "We do not sell this in {} ({}). Please choose another currency in your cart, or something else.",
        currency.code(),
        currency.name()
    )
}
