//! `GET /v1/balance`: what is there, less what was given back. Stripe's fees are not taken.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::charges::Status;
use super::refusals::Refusal;

pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let mut sums = BTreeMap::from([("eur", 0)]);
    for charge in books.charges.all().filter(|it| it.status == Status::Succeeded && !it.disputed) {
        *sums.entry(charge.currency.as_str()).or_default() += charge.left();
    }
    let available: Vec<_> = sums
        .iter()
        .map(|(currency, amount)| json!({ "amount": amount, "currency": currency, "source_types": { "card": amount } }))
        .collect();
    let pending: Vec<_> = sums
        .keys()
        .map(|currency| json!({ "amount": 0, "currency": currency, "source_types": { "card": 0 } }))
        .collect();
    Ok(json!({ "object": "balance", "livemode": false, "available": available, "pending": pending }))
}
