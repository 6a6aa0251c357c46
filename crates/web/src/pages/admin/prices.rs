//! Price lists as the office sees them.

pub mod amounts;
pub mod deletion;
pub mod index;
pub mod new;
pub mod preview;
pub mod publication;
pub mod show;
mod terms;
pub mod withdrawal;

use std::fmt::Display;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::price_lists::{PriceList, Standing};

use super::Badge;
use crate::{forms::FieldError, views};

/// Where they are.
pub const PATH: &str = "/admin/prices";

/// Where one of them is.
pub fn path(id: impl Display) -> String {
    format!("{PATH}/{id}")
}

/// What is wrong with a field whose name depends on what is sold; without one, with the form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    /// The field, or nothing.
    pub field: String,
    /// A whole sentence that says what to do.
    pub text: String,
}

impl From<FieldError> for Wrong {
    fn from(error: FieldError) -> Self {
        Self { field: error.field.to_owned(), text: error.text.into_owned() }
    }
}

/// A list, among others and on its own page.
#[derive(Debug, Clone, Serialize)]
struct Row {
    href: String,
    name: String,
    currency: &'static str,
    currency_name: &'static str,
    badge: Badge,
    priority: i16,
    prices: i64,
    starts_at: String,
    ends_at: Option<String>,
}

impl Row {
    fn new(list: &PriceList, at: DateTime<Utc>) -> Self {
        Self {
            href: path(list.id),
            name: list.name.clone(),
            currency: list.currency.code(),
            currency_name: list.currency.name(),
            badge: badge(list.standing(at)),
            priority: list.priority,
            prices: list.prices,
            starts_at: views::moment(list.starts_at),
            ends_at: list.ends_at.map(views::moment),
        }
    }

    /// One in each state.
    fn samples() -> Vec<Self> {
        [Standing::Draft, Standing::Scheduled, Standing::Running, Standing::Ended, Standing::Withdrawn]
            .map(|standing| Self {
                href: path("0"),
                name: "<b>fox prices".to_owned(),
                currency: "EUR",
                currency_name: "Euro",
                badge: badge(standing),
                priority: 10,
                prices: 1,
                starts_at: "2026-11-24T05:30:12Z".to_owned(),
                ends_at: (standing != Standing::Running).then(|| "2026-12-24T05:30:12Z".to_owned()),
            })
            .into()
    }
}

fn badge(standing: Standing) -> Badge {
    match standing {
        Standing::Draft => Badge { class: "is-draft", text: "Draft" },
        Standing::Scheduled => Badge { class: "is-queued", text: "Scheduled" },
        Standing::Running => Badge { class: "is-ready", text: "Running" },
        Standing::Ended => Badge { class: "is-cancelled", text: "Ended" },
        Standing::Withdrawn => Badge { class: "is-cancelled", text: "Withdrawn" },
    }
}
