//! GET /admin/prices/preview

use std::{borrow::Cow, collections::HashMap};

use chrono::{DateTime, Utc};
use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::Role,
    ids::{PriceListId, VariantId},
    money::{Currency, Money},
    price_lists::{self, Listed, Previewed, PriceList, PriceListState},
    products::{self, Product},
};

use super::path;
use crate::{
    admission::Staff,
    error::Problem,
    forms::{FieldError, moments},
    pages::admin::{Choice, Office, address, asked, currency_choices},
    views::{self, Page},
};

/// Where it is.
pub const PATH: &str = "/admin/prices/preview";

/// templates/admin/prices/preview.html
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    office: Office,
    at: String,
    typed: String,
    currencies: Vec<Choice>,
    drafts: Vec<Choice>,
    products: Vec<Group>,
    changes: Changes,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Group {
    title: String,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    name: String,
    now: Option<String>,
    then: Option<String>,
    /// What is struck through beside it.
    before: Option<String>,
    list_name: Option<String>,
    list_href: Option<String>,
    is_changed: bool,
}

/// How many things change, and how.
#[derive(Debug, Clone, Default, Serialize)]
struct Changes {
    dearer: usize,
    cheaper: usize,
    appear: usize,
    vanish: usize,
    is_none: bool,
}

impl Changes {
    fn count<'p>(previewed: impl Iterator<Item = &'p Previewed>) -> Self {
        let mut changes = Self::default();
        for Previewed { now, then } in previewed {
            match (now, then) {
                (Some(now), Some(then)) => {
                    changes.dearer += usize::from(then.price.amount > now.price.amount);
                    changes.cheaper += usize::from(then.price.amount < now.price.amount);
                }
                (None, Some(_)) => changes.appear += 1,
                (Some(_), None) => changes.vanish += 1,
                (None, None) => {}
            }
        }
        changes.is_none = changes.dearer + changes.cheaper + changes.appear + changes.vanish == 0;
        changes
    }
}

impl Page for Preview {
    const TEMPLATE: &'static str = "admin/prices/preview.html";

    fn title(&self) -> Cow<'_, str> {
        "What things will cost".into()
    }

    fn samples() -> Vec<Self> {
        let row = |now: Option<&str>, then: Option<&str>| Row {
            name: "<b>fox".to_owned(),
            now: now.map(str::to_owned),
            then: then.map(str::to_owned),
            before: then.map(|_| "€29.90".to_owned()),
            list_name: then.map(|_| "<b>fox".to_owned()),
            list_href: then.map(|_| path("0")),
            is_changed: now != then,
        };
        let empty = Self {
            office: Office::new(Role::Manager),
            at: "2026-11-24T05:30:12Z".to_owned(),
            typed: "<b>fox".to_owned(),
            currencies: currency_choices("EUR"),
            drafts: vec![],
            products: vec![],
            changes: Changes { is_none: true, ..Changes::default() },
            errors: vec![FieldError::new("at", "Look <again>.")],
        };
        let rows =
            vec![row(Some("€1.00"), Some("€2.00")), row(None, Some("€2.00")), row(Some("€2.00"), None)];
        let full = Self {
            drafts: vec![Choice { value: "0".to_owned(), text: "<b>fox".to_owned(), chosen: true }],
            products: vec![Group { title: "<b>fox".to_owned(), rows }],
            changes: Changes { dearer: 1, cheaper: 2, appear: 3, vanish: 1, is_none: false },
            errors: vec![],
            ..empty.clone()
        };
        vec![empty, full]
    }
}

/// What everything costs at a moment, and from which list, beside what it costs now.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let currency = asked::<Currency>(&visit, "currency")?.unwrap_or(visit.site.currency);
    let with: Option<PriceListId> = asked(&visit, "with")?;
    let typed = visit.query("at").unwrap_or_default();
    let (at, errors) = if typed.trim().is_empty() {
        (visit.at(), vec![])
    } else if let Some(at) = moments::read(&typed) {
        (at, vec![])
    } else {
        let text = "Please write a day and a time, such as 2026-12-24 18:00. Below is what counts now.";
        (visit.at(), vec![FieldError::new("at", text)])
    };
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let previewed = price_lists::preview(db, &visit.cause, currency, at, with).await?;
    let products = products::list(db).await?;
    let sold = products.iter().flat_map(|product| &product.variants);
    let changes = Changes::count(sold.filter_map(|variant| previewed.get(&variant.id)));
    let lists = price_lists::list(db).await?;
    let draft = |list: &PriceList| {
        let value = list.id.to_string();
        Choice { text: list.name.clone(), chosen: with == Some(list.id), value }
    };
    let drafts = lists
        .iter()
        .filter(|list| list.state == PriceListState::Draft && list.currency == currency)
        .map(draft)
        .collect();
    visit.page_with(
        status,
        &Preview {
            office: Office::new(visit.role),
            typed: if errors.is_empty() { moments::typed(at) } else { typed },
            at: views::moment(at),
            currencies: currency_choices(currency.code()),
            drafts,
            products: products.into_iter().map(|product| group(product, &previewed, currency)).collect(),
            changes,
            errors,
        },
    )
}

fn group(product: Product, previewed: &HashMap<VariantId, Previewed>, currency: Currency) -> Group {
    let text = |amount| Money::new(amount, currency).to_string();
    let row = |variant: products::Variant| {
        let Previewed { now, then } = previewed.get(&variant.id).cloned().unwrap_or_default();
        let amount = |listed: &Option<Listed>| listed.as_ref().map(|listed| text(listed.price.amount));
        Row {
            name: format!("{}, {}", variant.size, variant.finish),
            now: amount(&now),
            then: amount(&then),
            before: then.as_ref().and_then(|listed| listed.price.compare_at).map(text),
            is_changed: now.as_ref().map(|listed| listed.price) != then.as_ref().map(|listed| listed.price),
            list_href: then.as_ref().map(|listed| path(listed.list_id)),
            list_name: then.map(|listed| listed.list_name),
        }
    };
    Group { title: product.title, rows: product.variants.into_iter().map(row).collect() }
}

/// The preview of the moment at which a list begins, or of now if it has begun; as if it were published, if it is a draft.
pub fn address_of(list: &PriceList, at: DateTime<Utc>) -> String {
    let begins = if list.starts_at > at { moments::typed(list.starts_at) } else { String::new() };
    let draft = if list.state == PriceListState::Draft { list.id.to_string() } else { String::new() };
    address(PATH, &[("currency", list.currency.code()), ("at", &begins), ("with", &draft)])
}
