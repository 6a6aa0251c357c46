//! GET and POST /sign-in

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::accounts;

use super::{
    doors::{self, DoorForm},
    second_factor,
};
use crate::{
    admission::Guest,
    error::Problem,
    forms::{CheckedForm, FieldError},
    views::Page,
    visit::see_other,
};

/// Where it is.
pub const PATH: &str = "/sign-in";
/// Where one goes from here, if one was not on the way to somewhere.
pub const ONWARDS: &str = "/generations";
/// What somebody reads who gave an address and a password that are no pair. It does not say which of them is wrong.
const NO_PAIR: &str = "The e-mail address and the password do not belong together. Please try again.";

/// templates/sign_in.html
#[derive(Debug, Clone, Serialize)]
pub struct SignIn {
    form: DoorForm,
}

impl Page for SignIn {
    const TEMPLATE: &'static str = "sign_in.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Sign in".into()
    }

    fn samples() -> Vec<Self> {
        DoorForm::samples().into_iter().map(|form| Self { form }).collect()
    }
}

/// The form.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let next = visit.query("next").and_then(|next| doors::local_path(&next));
    if visit.account_id().is_some() {
        return Ok(see_other(next.as_deref().unwrap_or(ONWARDS)));
    }
    // The password was right in this browser: what is missing is the code.
    if visit.arrival().await?.is_some() {
        return Ok(see_other(&doors::door(second_factor::PATH, next.as_deref().unwrap_or(ONWARDS))));
    }
    visit.page(&SignIn { form: DoorForm::new("", next, vec![]) })
}

/// Signs in.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let next = doors::local_path(form.text("next"));
    let credentials = match doors::email(form.text("email")) {
        Some(email) => accounts::credentials(&visit.site.db, email).await?,
        None => None,
    };
    let hash = credentials.as_ref().map(|known| known.password_hash.clone());
    let right = visit.site.passwords.verify(form.text("password").to_owned(), hash).await?;
    let refusal = match credentials.filter(|_| right) {
        Some(known) if known.is_closed => doors::CLOSED,
        Some(known) => {
            return doors::enter(&visit, known.account_id, next.as_deref().unwrap_or(ONWARDS)).await;
        }
        None => NO_PAIR,
    };
    let form = DoorForm::new(form.text("email"), next, vec![FieldError::new("email", refusal)]);
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &SignIn { form })
}
