//! POST /admin/prices/{id}/amounts

use std::collections::HashMap;

use poem::{Response, handler, http::StatusCode};
use shop::{
    ids::{PriceListId, VariantId},
    money::{Currency, Money},
    price_lists::{self, AMOUNT_MAX, Change, ChangeError},
    prices::Price,
    products::{self, Variant},
};

use super::{
    Wrong, path,
    show::{self, Sent, TypedPrice, example, seen},
};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::{CheckedForm, Form},
};

/// Saves the prices that were changed, all of them or none.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<PriceListId>, form: CheckedForm) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let list = price_lists::find(db, id).await?.ok_or(Problem::NotFound)?;
    let variants: Vec<Variant> =
        products::list(db).await?.into_iter().flat_map(|product| product.variants).collect();
    let (mut typed, mut changes, mut errors) = (HashMap::new(), Vec::new(), Vec::new());
    for variant in &variants {
        let cell = sent(&form, &variant.sku);
        let old = looked_at(&cell.seen)?;
        match price(&cell, &variant.sku, list.currency) {
            Ok(new) if new != old => changes.push(Change { variant_id: variant.id, old, new }),
            Ok(_) => {}
            Err(wrong) => errors.extend(wrong),
        }
        typed.insert(variant.id, cell);
    }
    if errors.is_empty() {
        match price_lists::change_prices(db, &visit.cause, &visit.actor, id, &changes).await? {
            Ok(0) | Err(ChangeError::Stale(_)) => {
                return Ok(visit.see_other_with(&path(id), Flash::NothingToDo));
            }
            Ok(_) => return Ok(visit.see_other_with(&path(id), Flash::Pricing(PricingFlash::Changed))),
            Err(ChangeError::Meanwhile(now)) => {
                errors = meanwhile(&variants, &now, &mut typed, list.currency);
            }
        }
    }
    let sent = Sent { prices: typed, errors, ..Sent::default() };
    show::page(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, sent).await
}

fn sent(form: &Form, sku: &str) -> TypedPrice {
    let text = |field: &str| form.text(&format!("{field}-{sku}")).to_owned();
    TypedPrice { amount: text("amount"), compare_at: text("compare"), seen: text("seen") }
}

/// What whoever sent the form saw: [`seen`], read back.
fn looked_at(seen: &str) -> Result<Option<Price>, Problem> {
    if seen.is_empty() {
        return Ok(None);
    }
    let amount = |text: &str| text.parse::<i64>().map_err(|_| Problem::Unreadable);
    Ok(Some(match seen.split_once('/') {
        Some((now, before)) => Price { amount: amount(now)?, compare_at: Some(amount(before)?) },
        None => Price { amount: amount(seen)?, compare_at: None },
    }))
}

/// The price that was typed, or what is wrong with it.
fn price(cell: &TypedPrice, sku: &str, currency: Currency) -> Result<Option<Price>, Vec<Wrong>> {
    let wrong = |field: &str, text: String| Wrong { field: format!("{field}-{sku}"), text };
    let read = |field: &str, typed: &str| {
        if typed.trim().is_empty() {
            return Ok(None);
        }
        let amount = Money::parse(typed, currency).map(|money| money.amount);
        match amount {
            Some(0) => Err(wrong(
                field,
                "Nothing is sold for nothing. Leave it empty if it is not to be sold.".to_owned(),
            )),
            Some(amount) if amount > AMOUNT_MAX => {
                let most = Money::new(AMOUNT_MAX, currency);
                Err(wrong(field, format!("That is more than anything may cost, which is {most}.")))
            }
            Some(amount) => Ok(Some(amount)),
            None => {
                let decimals = match currency.decimals() {
                    0 => "without decimals".to_owned(),
                    decimals => format!("with at most {decimals} decimals"),
                };
                Err(wrong(
                    field,
                    format!("Please write an amount such as {}, {decimals}.", example(currency)),
                ))
            }
        }
    };
    match (read("amount", &cell.amount), read("compare", &cell.compare_at)) {
        (Ok(None), Ok(None)) => Ok(None),
        (Ok(None), Ok(Some(_))) => Err(vec![wrong(
            "amount",
            "Something is struck through, but nothing says what it costs.".to_owned(),
        )]),
        (Ok(Some(amount)), Ok(Some(before))) if before <= amount => {
            Err(vec![wrong("compare", "What is struck through must be more than what it costs.".to_owned())])
        }
        (Ok(Some(amount)), Ok(compare_at)) => Ok(Some(Price { amount, compare_at })),
        (amount, compare_at) => Err([amount.err(), compare_at.err()].into_iter().flatten().collect()),
    }
}

/// What others changed meanwhile, beside each cell. The next time it may be saved: it was read.
fn meanwhile(
    variants: &[Variant],
    now: &HashMap<VariantId, Option<Price>>,
    typed: &mut HashMap<VariantId, TypedPrice>,
    currency: Currency,
) -> Vec<Wrong> {
    let mut errors = Vec::new();
    for variant in variants {
        let Some(current) = now.get(&variant.id) else { continue };
        let became = match current {
            Some(price) => format!("changed this to {}", Money::new(price.amount, currency)),
            None => "took this price away".to_owned(),
        };
        errors.push(Wrong {
            field: format!("amount-{}", variant.sku),
            text: format!(
                "{}, {}: meanwhile somebody else {became}. If you save now, yours takes its place.",
                variant.size, variant.finish
            ),
        });
        if let Some(cell) = typed.get_mut(&variant.id) {
            cell.seen = seen(*current);
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_comes_back() {
        for price in [
            None,
            Some(Price { amount: 2_490, compare_at: None }),
            Some(Price { amount: 1_990, compare_at: Some(2_490) }),
        ] {
            assert_eq!(looked_at(&seen(price)).ok(), Some(price));
        }
        for text in ["x", "1/", "/1", "1/2/3"] {
            assert!(looked_at(text).is_err(), "{text}");
        }
    }

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let read = |amount: &str, compare_at: &str, currency| {
            let cell = TypedPrice {
                amount: amount.to_owned(),
                compare_at: compare_at.to_owned(),
                seen: String::new(),
            };
            let wrong = |wrong: Vec<Wrong>| wrong.into_iter().map(|one| one.field).collect::<Vec<_>>();
            price(&cell, "MUG", currency).map_err(wrong)
        };
        let price = |amount, compare_at| Ok(Some(Price { amount, compare_at }));
        assert_eq!(read("24,9", "", Currency::Eur), price(2_490, None));
        assert_eq!(read(" 4 080 ", "5000", Currency::Jpy), price(4_080, Some(5_000)));
        assert_eq!(read(" ", "", Currency::Eur), Ok(None));
        for (amount, compare_at, currency, field) in [
            ("4080.5", "", Currency::Jpy, "amount-MUG"),
            ("4080,00", "", Currency::Krw, "amount-MUG"),
            ("24.905", "", Currency::Eur, "amount-MUG"),
            ("0", "", Currency::Eur, "amount-MUG"),
            ("-1", "", Currency::Eur, "amount-MUG"),
            ("1000000.01", "", Currency::Eur, "amount-MUG"),
            ("", "24.90", Currency::Eur, "amount-MUG"),
            ("24.90", "24.90", Currency::Eur, "compare-MUG"),
            ("24.90", "dear", Currency::Eur, "compare-MUG"),
        ] {
            assert_eq!(
                read(amount, compare_at, currency),
                Err(vec![field.to_owned()]),
                "{amount} {compare_at}"
            );
        }
    }
}
