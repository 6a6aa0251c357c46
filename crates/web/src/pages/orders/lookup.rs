//! GET and POST /orders/lookup

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::orders;

use crate::{
    admission::Guest,
    error::Problem,
    flash::{Flash, OrderFlash},
    forms::{CheckedForm, FieldError},
    limits,
    pages::doors::{self, MALFORMED},
    views::Page,
};

/// Where it is.
pub const PATH: &str = "/orders/lookup";
/// Longest number, in digits, with what people write before it.
const NUMBER_MAX: usize = 20;

/// templates/orders/lookup.html
#[derive(Debug, Clone, Serialize)]
pub struct Lookup {
    form: Form,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Form {
    number: String,
    email: String,
    errors: Vec<FieldError>,
}

impl Page for Lookup {
    const TEMPLATE: &'static str = "orders/lookup.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Find your order".into()
    }

    fn samples() -> Vec<Self> {
        let errors =
            ["number", "email", ""].map(|field| FieldError::new(field, "Please look at this <again>."));
        let wrong =
            Form { number: "<b>fox".to_owned(), email: "<mira>@".to_owned(), errors: errors.to_vec() };
        vec![Self { form: Form::default() }, Self { form: wrong }]
    }
}

/// Asks for the number and the address of an order.
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "a handler owns what it asked for")]
pub fn show(visit: Guest) -> Result<Response, Problem> {
    visit.page(&Lookup { form: Form::default() })
}

/// Mails a link to the order, if there is one. Whether there is, is not told.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let (typed_number, typed_email) = (form.text("number").trim(), form.text("email"));
    let number = number(typed_number);
    let email = doors::email(typed_email);
    let again = |errors| {
        let number = typed_number.chars().take(NUMBER_MAX).collect();
        Lookup { form: Form { number, email: typed_email.to_owned(), errors } }
    };
    let (Some(number), Some(email)) = (number, email) else {
        let mut errors = Vec::new();
        if number.is_none() {
            errors.push(FieldError::new(
                "number",
                "Please type the number of the order: it stands in our letters, as in 10001.",
            ));
        }
        if email.is_none() {
            errors.push(FieldError::new("email", MALFORMED));
        }
        return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &again(errors));
    };
    if let Err(too_often) = limits::take(&visit, &limits::ORDER_LOOKUP, email).await? {
        return too_often.page(&visit, &again(vec![too_often.error()]));
    }
    doors::alike(orders::ask_for_link(&visit.site.db, &visit.cause, number, email)).await?;
    Ok(visit.see_other_with(PATH, Flash::Order(OrderFlash::LinkAsked)))
}

/// `10001`, `No. 10001` or `#10001`.
fn number(typed: &str) -> Option<i64> {
    let digits = typed.trim_start_matches(|c: char| !c.is_ascii_digit());
    (typed.chars().count() <= NUMBER_MAX && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| digits.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_as_people_write_them() {
        for (typed, taken) in [
            ("10001", Some(10_001)),
            ("No. 10001", Some(10_001)),
            ("#10001", Some(10_001)),
            ("", None),
            ("No.", None),
            ("10001x", None),
            ("99999999999999999999", None),
            ("999999999999999999999", None),
        ] {
            assert_eq!(number(typed), taken, "{typed}");
        }
    }
}
