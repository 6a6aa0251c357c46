//! GET /admin/prices/new and POST /admin/prices

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::Role,
    ids::PriceListId,
    money::Currency,
    price_lists::{self, CreateError, Draft, NAME_MAX, PRIORITY_MAX, PriceList, Source},
};

use super::{badge, path, terms::Typed};
use crate::{
    admission::Staff,
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::{CheckedForm, FieldError, moments, percents},
    pages::admin::{Choice, Office, asked, currency_choices},
    views::Page,
};

/// How far prices can be moved at once, in hundredths of a per cent: a twentieth is left, or they are six times what they were.
const MOVED: std::ops::RangeInclusive<i64> = -9_500..=50_000;

/// templates/admin/prices/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    office: Office,
    terms: Typed,
    name_max: usize,
    priority_max: i16,
    currencies: Vec<Choice>,
    sources: Vec<Choice>,
    percent: String,
    is_struck: bool,
    errors: Vec<FieldError>,
}

/// What was chosen beside the terms.
#[derive(Debug, Clone, Default)]
struct Chosen {
    currency: String,
    copy: String,
    percent: String,
    is_struck: bool,
}

impl Page for New {
    const TEMPLATE: &'static str = "admin/prices/new.html";

    fn title(&self) -> Cow<'_, str> {
        "New price list".into()
    }

    fn samples() -> Vec<Self> {
        let fields = ["name", "priority", "starts_at", "ends_at", "currency", "copy", "percent", ""];
        let errors = fields.map(|field| FieldError::new(field, "Look <again>."));
        let typed = Typed { name: "\"<b>fox".to_owned(), ..Typed::default() };
        let chosen = Chosen { is_struck: true, percent: "<b>fox".to_owned(), ..Chosen::default() };
        vec![
            Self::filled(Role::Manager, Typed::default(), &Chosen::default(), vec![], vec![]),
            Self::filled(
                Role::Owner,
                typed,
                &chosen,
                vec![Choice { value: "0".to_owned(), text: "<b>fox".to_owned(), chosen: true }],
                errors.to_vec(),
            ),
        ]
    }
}

impl New {
    fn filled(
        role: Role,
        terms: Typed,
        chosen: &Chosen,
        sources: Vec<Choice>,
        errors: Vec<FieldError>,
    ) -> Self {
        Self {
            office: Office::new(role),
            terms,
            name_max: NAME_MAX,
            priority_max: PRIORITY_MAX,
            currencies: currency_choices(&chosen.currency),
            sources,
            percent: chosen.percent.clone(),
            is_struck: chosen.is_struck,
            errors,
        }
    }
}

/// An empty form, or one that begins with a list to copy.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let copy: Option<PriceListId> = asked(&visit, "copy")?;
    let mut terms =
        Typed { starts_at: moments::typed(visit.at()), priority: "0".to_owned(), ..Typed::default() };
    let mut chosen = Chosen { currency: visit.site.currency.code().to_owned(), ..Chosen::default() };
    if let Some(id) = copy {
        let list = price_lists::find(&visit.site.db, id).await?.ok_or(Problem::NotFound)?;
        terms.name = format!("Copy of {}", list.name).chars().take(NAME_MAX).collect();
        list.currency.code().clone_into(&mut chosen.currency);
        chosen.copy = id.to_string();
    }
    page(&visit, StatusCode::OK, terms, &chosen, vec![]).await
}

/// Begins a list.
#[handler]
pub async fn create(visit: Staff, form: CheckedForm) -> Result<Response, Problem> {
    let typed = Typed::sent(&form);
    let chosen = Chosen {
        currency: form.text("currency").to_owned(),
        copy: form.text("copy").to_owned(),
        percent: form.text("percent").to_owned(),
        is_struck: form.text("struck") == "yes",
    };
    let draft = match draft(&visit, &typed, &chosen) {
        Ok(draft) => draft,
        Err(errors) => return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, typed, &chosen, errors).await,
    };
    let error = match price_lists::create(&visit.site.db, &visit.cause, &visit.actor, &draft).await? {
        Ok(id) => return Ok(visit.see_other_with(&path(id), Flash::Pricing(PricingFlash::ListMade))),
        Err(CreateError::NoSource) => {
            FieldError::new("copy", "That list is gone meanwhile. Please choose another one.")
        }
        Err(CreateError::OtherCurrency(currency)) => FieldError::new(
            "currency",
            format!(
                "The list to copy is in {}, and its amounts mean something else in another currency. Please choose the same one.",
                currency.name()
            ),
        ),
        Err(CreateError::TooMuch) => {
            FieldError::new("percent", "Some price would be higher than any can be. Please move them less.")
        }
    };
    page(&visit, StatusCode::UNPROCESSABLE_ENTITY, typed, &chosen, vec![error]).await
}

fn draft(visit: &Staff, typed: &Typed, chosen: &Chosen) -> Result<Draft, Vec<FieldError>> {
    let terms = typed.read(visit.at(), None);
    let currency = chosen.currency.parse::<Currency>();
    let currency =
        currency.map_err(|_| FieldError::new("currency", "Please choose the currency of the prices."));
    let source = source(chosen);
    match (terms, currency, source) {
        (Ok(terms), Ok(currency), Ok(source)) => Ok(Draft { terms, currency, source }),
        (terms, currency, source) => {
            let others = [currency.err(), source.err()].into_iter().flatten();
            Err(terms.err().into_iter().flatten().chain(others).collect())
        }
    }
}

fn source(chosen: &Chosen) -> Result<Option<Source>, FieldError> {
    let percent = chosen.percent.trim();
    if chosen.copy.is_empty() {
        let text = "There is nothing to change by it: please choose a list to copy, or leave this empty.";
        return if percent.is_empty() { Ok(None) } else { Err(FieldError::new("percent", text)) };
    }
    let gone = |_| FieldError::new("copy", "Please choose one of the lists.");
    let list_id = chosen.copy.parse::<PriceListId>().map_err(gone)?;
    let by_bp = if percent.is_empty() { Some(0) } else { percents::read(percent) };
    let by_bp = by_bp.filter(|by_bp| MOVED.contains(by_bp)).ok_or_else(|| {
        FieldError::new("percent", "Please write how many per cent, from −95 to 500, such as −10 or 7.5.")
    })?;
    Ok(Some(Source { list_id, by_bp, is_struck: chosen.is_struck }))
}

async fn page(
    visit: &Staff,
    status: StatusCode,
    terms: Typed,
    chosen: &Chosen,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let lists = price_lists::list(&visit.site.db).await?;
    let source = |list: &PriceList| {
        let badge = badge(list.standing(visit.at()));
        let value = list.id.to_string();
        Choice {
            text: format!("{}, {} ({})", list.name, list.currency, badge.text.to_lowercase()),
            chosen: value == chosen.copy,
            value,
        }
    };
    let sources = lists.iter().filter(|list| list.prices > 0).map(source).collect();
    visit.page_with(status, &New::filled(visit.role, terms, chosen, sources, errors))
}
