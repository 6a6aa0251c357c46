//! GET and POST /admin/prices/{id}

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::Role,
    ids::{PriceListId, VariantId},
    money::{Currency, Money},
    price_lists::{self, NAME_MAX, PRIORITY_MAX, PriceChange, PriceListState, ReviseError},
    prices::Price,
    products::{self, Product, Variant},
};

use super::{Row, Wrong, path, terms::Typed};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::CheckedForm,
    pages::admin::Office,
    views::{self, Page},
};

/// How many of the latest changes are shown.
const LATEST: i64 = 40;
/// Longest note on why a list is withdrawn, in characters.
pub const NOTE_MAX: usize = 300;

/// templates/admin/prices/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    office: Office,
    list: Row,
    terms: Typed,
    name_max: usize,
    priority_max: i16,
    note: String,
    note_max: usize,
    products: Vec<Group>,
    history: Vec<Changed>,
    /// How many things are not sold any more without this list.
    unsold: i64,
    is_draft: bool,
    is_published: bool,
    example: &'static str,
    preview_href: String,
    errors: Vec<Wrong>,
}

/// The prices of one product.
#[derive(Debug, Clone, Serialize)]
struct Group {
    title: String,
    cells: Vec<Cell>,
}

/// The price of one variant, as it stands or as it was typed.
#[derive(Debug, Clone, Serialize)]
struct Cell {
    sku: String,
    size: String,
    finish: String,
    #[serde(flatten)]
    typed: TypedPrice,
}

/// A price as a form has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TypedPrice {
    /// What it is to cost.
    pub amount: String,
    /// What it cost before.
    pub compare_at: String,
    /// What it cost when whoever changes it looked: [`seen`].
    pub seen: String,
}

impl TypedPrice {
    /// As it stands.
    pub fn of(price: Option<Price>, currency: Currency) -> Self {
        let plain = |amount| Money::new(amount, currency).plain();
        Self {
            amount: price.map(|price| plain(price.amount)).unwrap_or_default(),
            compare_at: price.and_then(|price| price.compare_at).map(plain).unwrap_or_default(),
            seen: seen(price),
        }
    }
}

/// A price as the form carries it, hidden: `2490`, `1990/2490`, or nothing.
pub fn seen(price: Option<Price>) -> String {
    match price {
        None => String::new(),
        Some(Price { amount, compare_at: None }) => amount.to_string(),
        Some(Price { amount, compare_at: Some(before) }) => format!("{amount}/{before}"),
    }
}

#[derive(Debug, Clone, Serialize)]
struct Changed {
    at: String,
    by: Option<String>,
    sku: String,
    old: Option<String>,
    new: Option<String>,
}

impl Changed {
    fn new(change: PriceChange, currency: Currency) -> Self {
        let text = |price: Price| {
            let money = |amount| Money::new(amount, currency).to_string();
            let before = price.compare_at.map(|before| format!(", struck through {}", money(before)));
            format!("{}{}", money(price.amount), before.unwrap_or_default())
        };
        Self {
            at: views::moment(change.at),
            by: change.by,
            sku: change.sku,
            old: change.old.map(text),
            new: change.new.map(text),
        }
    }
}

impl Page for Show {
    const TEMPLATE: &'static str = "admin/prices/show.html";

    fn title(&self) -> Cow<'_, str> {
        self.list.name.as_str().into()
    }

    fn samples() -> Vec<Self> {
        let cell = |sku: &str, amount: &str| Cell {
            sku: sku.to_owned(),
            size: "30 × 40 cm".to_owned(),
            finish: "<b>fox".to_owned(),
            typed: TypedPrice { amount: amount.to_owned(), ..TypedPrice::default() },
        };
        let wrong = |field: &str| Wrong { field: field.to_owned(), text: "Look <again>.".to_owned() };
        let change = |by: Option<&str>, old| Changed {
            at: "2026-11-24T05:30:12Z".to_owned(),
            by: by.map(str::to_owned),
            sku: "POSTER".to_owned(),
            old,
            new: Some("€24.90".to_owned()),
        };
        let page = |list: Row| {
            let is_draft = list.badge.text == "Draft";
            Self {
                office: Office::new(Role::Manager),
                terms: Typed { name: "<b>fox".to_owned(), ..Typed::default() },
                name_max: NAME_MAX,
                priority_max: PRIORITY_MAX,
                note: String::new(),
                note_max: NOTE_MAX,
                products: vec![],
                history: vec![],
                unsold: 0,
                is_draft,
                is_published: !is_draft && list.badge.text != "Withdrawn",
                example: example(Currency::Eur),
                preview_href: super::preview::PATH.to_owned(),
                errors: vec![],
                list,
            }
        };
        let mut pages: Vec<Self> = Row::samples().into_iter().map(page).collect();
        for full in pages.clone() {
            let cells = vec![cell("POSTER", "24.90"), cell("MUG", "\"<b>fox")];
            let fields = ["name", "priority", "starts_at", "ends_at", "note", "agree", ""];
            pages.push(Self {
                note: "<b>fox".to_owned(),
                products: vec![Group { title: "<b>fox".to_owned(), cells }],
                history: vec![
                    change(None, None),
                    change(Some("<mira>@example.org"), Some("€1.00".to_owned())),
                ],
                unsold: 39,
                errors: fields.into_iter().chain(["amount-POSTER", "compare-MUG"]).map(wrong).collect(),
                ..full
            });
        }
        pages
    }
}

/// What was sent and is shown again.
#[derive(Debug, Default)]
pub struct Sent {
    /// The terms, if their form was sent.
    pub terms: Option<Typed>,
    /// The prices, if their form was sent.
    pub prices: HashMap<VariantId, TypedPrice>,
    /// Why the list is withdrawn.
    pub note: String,
    /// What is wrong.
    pub errors: Vec<Wrong>,
}

/// One list, with all of its prices.
#[handler]
pub async fn show(visit: Staff, Id(id): Id<PriceListId>) -> Result<Response, Problem> {
    page(&visit, id, StatusCode::OK, Sent::default()).await
}

/// Renames it, or gives it another rank or time.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<PriceListId>, form: CheckedForm) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let list = price_lists::find(db, id).await?.ok_or(Problem::NotFound)?;
    let mut typed = Typed::sent(&form);
    let (terms, errors) = match typed.read(visit.at(), Some(&list.terms())) {
        Ok(terms) => {
            let seen = typed.seen.clone();
            match price_lists::revise(db, &visit.cause, &visit.actor, id, &terms, &seen).await? {
                Ok(()) => return Ok(visit.see_other_with(&path(id), Flash::Pricing(PricingFlash::ListSaved))),
                Err(ReviseError::Stale(_)) => {
                    return Ok(visit.see_other_with(&path(id), Flash::NothingToDo));
                }
                Err(ReviseError::Meanwhile(now)) => {
                    let text = meanwhile(&now);
                    // Whoever read that may save.
                    typed.seen = now.fingerprint();
                    (typed, vec![Wrong { field: String::new(), text }])
                }
            }
        }
        Err(errors) => (typed, errors.into_iter().map(Wrong::from).collect()),
    };
    let sent = Sent { terms: Some(terms), errors, ..Sent::default() };
    page(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, sent).await
}

fn meanwhile(now: &price_lists::Terms) -> String {
    let written = |at: chrono::DateTime<chrono::Utc>| at.format("%-d %b %Y, %H:%M UTC").to_string();
    let end = now.ends_at.map(|end| format!(" until {}", written(end))).unwrap_or_default();
    format!(
        "Meanwhile somebody else changed these: the list is called “{}”, has rank {} and holds from {}{end}. If you save now, yours take their place.",
        now.name,
        now.priority,
        written(now.starts_at),
    )
}

/// The page of a list, with what was sent.
pub async fn page(
    visit: &Staff,
    id: PriceListId,
    status: StatusCode,
    mut sent: Sent,
) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let list = price_lists::find(db, id).await?.ok_or(Problem::NotFound)?;
    let sheet = price_lists::sheet(db, id).await?;
    let history = price_lists::history(db, id, LATEST).await?;
    let mut cell = |variant: Variant| Cell {
        typed: sent
            .prices
            .remove(&variant.id)
            .unwrap_or_else(|| TypedPrice::of(sheet.get(&variant.id).copied(), list.currency)),
        sku: variant.sku,
        size: variant.size,
        finish: variant.finish,
    };
    let group = |product: Product| Group {
        title: product.title,
        cells: product.variants.into_iter().map(&mut cell).collect(),
    };
    let products = products::list(db).await?.into_iter().map(group).collect();
    let is_draft = list.state == PriceListState::Draft;
    visit.page_with(
        status,
        &Show {
            office: Office::new(visit.role),
            terms: sent.terms.unwrap_or_else(|| Typed::of(&list.terms())),
            name_max: NAME_MAX,
            priority_max: PRIORITY_MAX,
            note: sent.note,
            note_max: NOTE_MAX,
            products,
            history: history.into_iter().map(|change| Changed::new(change, list.currency)).collect(),
            unsold: price_lists::unsold_without(db, &visit.cause, &list).await?,
            is_draft,
            is_published: list.state == PriceListState::Published,
            example: example(list.currency),
            preview_href: super::preview::address_of(&list, visit.at()),
            errors: sent.errors,
            list: Row::new(&list, visit.at()),
        },
    )
}

/// How an amount is typed.
pub fn example(currency: Currency) -> &'static str {
    if currency.decimals() == 0 { "4080" } else { "24.90" }
}
