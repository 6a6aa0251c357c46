//! The line items of a new session, with their inline prices.

use super::amounts::{amount, known_currency};
use super::{Line, TAX_BEHAVIORS};
use crate::stripe::ids;
use crate::stripe::params::Params;
use crate::stripe::refusals::Refusal;

/// As many line items as Stripe takes.
const MOST_LINES: usize = 100;

/// The line items, and the one currency that all of them have.
pub(super) fn lines(params: &mut Params) -> Result<(String, Vec<Line>), Refusal> {
    let tables = params.tables("line_items")?;
    if tables.is_empty() {
        return Err(Refusal::missing("line_items"));
    }
    if tables.len() > MOST_LINES {
        let message = format!("Checkout Sessions have at most {MOST_LINES} line items.");
        return Err(Refusal::invalid(message).param("line_items"));
    }
    let mut currency: Option<String> = None;
    let mut lines = Vec::new();
    for mut table in tables {
        let full = table.name("price_data");
        let Some(mut price) = table.table("price_data")? else { return Err(Refusal::missing(&full)) };
        let name = price.name("currency");
        let given = price.needed_text("currency")?;
        let code = known_currency(&given, &name)?;
        if currency.get_or_insert_with(|| code.to_owned()) != code {
            let message = "All items in the Checkout Session must use the same currency.";
            return Err(Refusal::invalid(message).param(name));
        }
        let unit_amount = amount(&mut price, "unit_amount")?;
        let product_name = price.name("product_data");
        let Some(mut product) = price.table("product_data")? else {
            return Err(Refusal::missing(&product_name));
        };
        let name = product.needed_text("name")?;
        let description = product.text("description")?;
        let images = product.texts("images")?;
        product.metadata("metadata")?;
        product.text("tax_code")?;
        product.end()?;
        let tax_behavior =
            price.choice("tax_behavior", TAX_BEHAVIORS)?.unwrap_or_else(|| "unspecified".to_owned());
        price.end()?;
        let full = table.name("quantity");
        let quantity = table.needed_integer("quantity")?;
        if !(1..=999_999).contains(&quantity) {
            return Err(Refusal::invalid("Quantity must be from 1 to 999999.").param(full));
        }
        table.metadata("metadata")?;
        table.end()?;
        lines.push(Line {
            id: ids::new("li_1", 23),
            price: ids::new("price_1", 23),
            product: ids::new("prod_", 14),
            name,
            description,
            images,
            unit_amount,
            quantity,
            tax_behavior,
        });
    }
    Ok((currency.unwrap_or_default(), lines))
}
