//! GET /password-resets/new and POST /password-resets

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::accounts;

use super::sent;
use crate::{
    admission::Guest,
    error::Problem,
    forms::{CheckedForm, FieldError},
    pages::doors::{self, DoorForm, MALFORMED},
    views::Page,
};

/// templates/password_resets/new.html
#[derive(Debug, Clone, Serialize)]
pub struct New {
    form: DoorForm,
}

impl Page for New {
    const TEMPLATE: &'static str = "password_resets/new.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Choose a new password".into()
    }

    fn samples() -> Vec<Self> {
        DoorForm::samples().into_iter().map(|form| Self { form }).collect()
    }
}

/// Asks for the address, which whoever is signed in need not type.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let email = visit.visitor().await?.map(|visitor| visitor.email.clone()).unwrap_or_default();
    visit.page(&New { form: DoorForm::new(&email, None, vec![]) })
}

/// Has a link sent, if the address is known. Whether it is, is not told.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let Some(email) = doors::email(form.text("email")) else {
        let errors = vec![FieldError::new("email", MALFORMED)];
        let page = New { form: DoorForm::new(form.text("email"), None, errors) };
        return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    doors::alike(accounts::ask_password_reset(&visit.site.db, &visit.cause, email)).await?;
    Ok(doors::sent(&visit, email, sent::PATH))
}
