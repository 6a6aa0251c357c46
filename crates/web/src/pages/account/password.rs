//! GET and POST /account/password

use std::borrow::Cow;

use poem::{
    Response, handler,
    http::{StatusCode, header},
};
use serde::Serialize;
use shop::{StaleTransition, accounts};

use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    pages::doors::{self, WRONG_PASSWORD},
    passwords::CHARS_MIN,
    views::Page,
};

/// templates/account/password.html
#[derive(Debug, Clone, Serialize)]
pub struct Password {
    email: String,
    shortest: usize,
    form: PasswordForm,
}

#[derive(Debug, Clone, Serialize)]
struct PasswordForm {
    errors: Vec<FieldError>,
}

impl Password {
    fn new(email: &str, errors: Vec<FieldError>) -> Self {
        Self { email: email.to_owned(), shortest: CHARS_MIN, form: PasswordForm { errors } }
    }
}

impl Page for Password {
    const TEMPLATE: &'static str = "account/password.html";

    fn title(&self) -> Cow<'_, str> {
        "Change your password".into()
    }

    fn samples() -> Vec<Self> {
        let errors =
            ["current_password", "password"].map(|field| FieldError::new(field, "Please look <again>."));
        vec![Self::new("<mira>@example.org", vec![]), Self::new("<mira>@example.org", errors.to_vec())]
    }
}

/// The form.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    visit.page(&Password::new(&visit.visitor().await?.email, vec![]))
}

/// Changes it. This session goes on under a new value, all others end.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let visitor = visit.visitor().await?;
    let refuse = |error| {
        visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &Password::new(&visitor.email, vec![error]))
    };
    let known = doors::known_password(&visit, visit.account_id, form.text("current_password")).await?;
    let Some(old_hash) = known else {
        return refuse(FieldError::new("current_password", WRONG_PASSWORD));
    };
    let new_hash = match doors::chosen_password(&visit, form.text("password"), &visitor.email).await? {
        Ok(new_hash) => new_hash,
        Err(error) => return refuse(error),
    };
    let (kept, cookie) = doors::renewed(&visit, visitor);
    let (db, cause) = (&visit.site.db, &visit.cause);
    match accounts::change_password(db, cause, visit.account_id, &kept, &old_hash, &new_hash).await? {
        Ok(()) => {
            let mut response = visit.see_other_with("/account", Flash::PasswordChanged);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(StaleTransition) => refuse(FieldError::new("current_password", WRONG_PASSWORD)),
    }
}
