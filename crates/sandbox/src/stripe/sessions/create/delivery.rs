//! How a new session may be shipped: options with inline rates, and countries.

use serde_json::Value;

use super::amounts::{amount, known_currency};
use super::{Shipping, TAX_BEHAVIORS};
use crate::stripe::ids;
use crate::stripe::params::Params;
use crate::stripe::refusals::Refusal;

/// As many shipping options as Stripe takes.
const MOST_OPTIONS: usize = 5;

pub(super) fn shipping(params: &mut Params, currency: &str, now: u64) -> Result<Vec<Shipping>, Refusal> {
    let tables = params.tables("shipping_options")?;
    if tables.len() > MOST_OPTIONS {
        let message = format!("Checkout Sessions have at most {MOST_OPTIONS} shipping options.");
        return Err(Refusal::invalid(message).param("shipping_options"));
    }
    let mut options = Vec::new();
    for mut table in tables {
        let full = table.name("shipping_rate_data");
        let Some(mut rate) = table.table("shipping_rate_data")? else { return Err(Refusal::missing(&full)) };
        table.end()?;
        let name = rate.needed_text("display_name")?;
        rate.choice("type", &["fixed_amount"])?;
        let full = rate.name("fixed_amount");
        let Some(mut fixed) = rate.table("fixed_amount")? else { return Err(Refusal::missing(&full)) };
        let amount = amount(&mut fixed, "amount")?;
        let full = fixed.name("currency");
        let given = fixed.needed_text("currency")?;
        fixed.end()?;
        if known_currency(&given, &full)? != currency {
            let message = "The shipping rate's currency must be that of the line items.";
            return Err(Refusal::invalid(message).param(full));
        }
        let tax_behavior =
            rate.choice("tax_behavior", TAX_BEHAVIORS)?.unwrap_or_else(|| "unspecified".to_owned());
        let delivery_estimate = delivery_estimate(&mut rate)?;
        let metadata = rate.metadata("metadata")?;
        rate.text("tax_code")?;
        rate.end()?;
        options.push(Shipping {
            rate: ids::new("shr_1", 23),
            name,
            amount,
            currency: currency.to_owned(),
            tax_behavior,
            delivery_estimate,
            metadata,
            created: now,
        });
    }
    Ok(options)
}

fn delivery_estimate(rate: &mut Params) -> Result<Value, Refusal> {
    let Some(mut estimate) = rate.table("delivery_estimate")? else { return Ok(Value::Null) };
    let mut bound = |name: &str| -> Result<Value, Refusal> {
        let Some(mut bound) = estimate.table(name)? else { return Ok(Value::Null) };
        let unit = bound.choice("unit", &["business_day", "day", "hour", "month", "week"])?;
        let value = bound.needed_integer("value")?;
        bound.end()?;
        Ok(serde_json::json!({ "unit": unit, "value": value }))
    };
    let (minimum, maximum) = (bound("minimum")?, bound("maximum")?);
    estimate.end()?;
    Ok(serde_json::json!({ "minimum": minimum, "maximum": maximum }))
}

pub(super) fn shipping_countries(params: &mut Params) -> Result<Vec<String>, Refusal> {
    let Some(mut table) = params.table("shipping_address_collection")? else { return Ok(Vec::new()) };
    let countries = table.texts("allowed_countries")?;
    table.end()?;
    Ok(countries)
}
