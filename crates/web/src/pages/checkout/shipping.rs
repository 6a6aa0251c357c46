//! GET and POST /checkout/shipping

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    StaleTransition,
    addresses::Country,
    checkouts::{self, Plan, Step},
    shipping::{CannotSend, Rate, ShippingMethod},
};

use super::{Stage, arrival, begun, money, path, progress};
use crate::{
    admission::Guest,
    error::Problem,
    forms::{CheckedForm, FieldError},
    views::Page,
    visit::{Visit, see_other},
};

/// templates/checkout/shipping.html
#[derive(Debug, Clone, Serialize)]
pub struct ShippingPage {
    progress: Vec<Stage>,
    country: String,
    currency: &'static str,
    choices: Vec<Choice>,
    /// Why there are none.
    problem: Option<CannotBeSent>,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Choice {
    method: &'static str,
    title: &'static str,
    price: String,
    /// What it would cost without what makes it free.
    before: String,
    is_free: bool,
    /// What is missing until it is free.
    until_free: String,
    arrival: String,
    days: String,
    is_chosen: bool,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum CannotBeSent {
    TooHeavy,
    NoRate,
}

impl Page for ShippingPage {
    const TEMPLATE: &'static str = "checkout/shipping.html";
    const HAS_FORM: bool = true;
    const PLACE: Option<&'static str> = Some("/cart");

    fn title(&self) -> Cow<'_, str> {
        "How it is sent".into()
    }

    fn samples() -> Vec<Self> {
        let choice = |method: ShippingMethod, is_free| Choice {
            method: method.into(),
            title: method.title(),
            price: "€4.90".to_owned(),
            before: if is_free { "€4.90".to_owned() } else { String::new() },
            is_free,
            until_free: if is_free { String::new() } else { "€12.00".to_owned() },
            arrival: "Monday 30 November to Friday 4 December".to_owned(),
            days: "4 to 9 working days".to_owned(),
            is_chosen: is_free,
        };
        let page = |choices, problem| Self {
            progress: progress(Step::Shipping, true),
            country: "Germany <b>".to_owned(),
            currency: "Euro",
            choices,
            problem,
            errors: vec![FieldError::new("method", "Please look at this <again>.")],
        };
        vec![
            page(vec![choice(ShippingMethod::Standard, true), choice(ShippingMethod::Express, false)], None),
            page(vec![], Some(CannotBeSent::TooHeavy)),
            page(vec![], Some(CannotBeSent::NoRate)),
        ]
    }
}

impl ShippingPage {
    fn new(visit: &Visit, plan: &Plan, errors: Vec<FieldError>) -> Self {
        let address = plan.checkout.as_ref().and_then(|checkout| checkout.address.as_ref());
        let country = address.and_then(|address| Country::find(&address.country));
        let (choices, problem) = match &plan.rates {
            Some(Ok(rates)) => (choices(visit, plan, rates), None),
            Some(Err(CannotSend::TooHeavy)) => (vec![], Some(CannotBeSent::TooHeavy)),
            Some(Err(CannotSend::NoRate)) | None => (vec![], Some(CannotBeSent::NoRate)),
        };
        Self {
            progress: progress(Step::Shipping, true),
            country: country.map(|country| country.name.clone()).unwrap_or_default(),
            currency: plan.snapshot.cart.currency.name(),
            choices,
            problem,
            errors,
        }
    }
}

/// The ways to send it.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    match begun(&visit, Step::Shipping).await? {
        Ok((_, plan)) if plan.is_sent() => visit.page(&ShippingPage::new(&visit, &plan, vec![])),
        Ok(_) => Ok(see_other(path(Step::Review))),
        Err(elsewhere) => Ok(elsewhere),
    }
}

/// Keeps the one that was chosen, and goes on.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let plan = match begun(&visit, Step::Shipping).await? {
        Ok((_, plan)) => plan,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let chosen: Option<ShippingMethod> = form.text("method").parse().ok();
    let rates = plan.rates.as_ref().and_then(|rates| rates.as_ref().ok());
    let offered =
        |method: &ShippingMethod| rates.is_some_and(|rates| rates.iter().any(|rate| rate.method == *method));
    let Some(method) = chosen.filter(offered) else {
        let errors = vec![FieldError::new("method", "Please choose one of the ways that are offered here.")];
        let page = ShippingPage::new(&visit, &plan, errors);
        return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match checkouts::set_method(&visit.site.db, &visit.cause, plan.snapshot.cart.id, method).await? {
        Ok(()) => Ok(see_other(path(Step::Review))),
        Err(StaleTransition) => Ok(see_other(path(Step::Address))),
    }
}

fn choices(visit: &Visit, plan: &Plan, rates: &[Rate]) -> Vec<Choice> {
    let chosen = plan.rate().or(rates.first()).map(|rate| rate.method);
    let goods = plan.totals.subtotal - plan.totals.discount;
    rates
        .iter()
        .map(|rate| {
            let days = plan.days(rate);
            let missing = rate.free_from.filter(|_| rate.amount > 0).map(|from| from - goods);
            Choice {
                method: rate.method.into(),
                title: rate.method.title(),
                price: money(plan, rate.amount),
                before: if rate.amount < rate.full_amount {
                    money(plan, rate.full_amount)
                } else {
                    String::new()
                },
                is_free: rate.amount == 0,
                until_free: missing.map(|missing| money(plan, missing)).unwrap_or_default(),
                arrival: arrival(visit.at().date_naive(), days),
                days: working_days(days),
                is_chosen: chosen == Some(rate.method),
            }
        })
        .collect()
}

/// `4 to 9 working days`.
fn working_days((least, most): (i16, i16)) -> String {
    match (least, most) {
        (1, 1) => "1 working day".to_owned(),
        (least, most) if least == most => format!("{most} working days"),
        (least, most) => format!("{least} to {most} working days"),
    }
}
