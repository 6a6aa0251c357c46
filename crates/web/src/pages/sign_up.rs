//! GET and POST /sign-up

pub mod sent;

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::accounts::{self, NewAccount, OpenError};

use super::doors::{self, DoorForm, MALFORMED};
use crate::{
    admission::Guest,
    error::Problem,
    forms::{CheckedForm, FieldError, Form},
    passwords::{self, CHARS_MIN},
    views::Page,
    visit::{Visit, see_other},
};

/// Where one goes from here, if one was not on the way to somewhere.
pub const ONWARDS: &str = "/generations/new";

/// templates/sign_up.html
#[derive(Debug, Clone, Serialize)]
pub struct SignUp {
    form: DoorForm,
    limits: Limits,
}

#[derive(Debug, Clone, Serialize)]
struct Limits {
    password: usize,
}

impl SignUp {
    fn new(form: DoorForm) -> Self {
        Self { form, limits: Limits { password: CHARS_MIN } }
    }
}

impl Page for SignUp {
    const TEMPLATE: &'static str = "sign_up.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Sign up".into()
    }

    fn samples() -> Vec<Self> {
        DoorForm::samples().into_iter().map(Self::new).collect()
    }
}

/// The form.
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "a handler owns what it asked for")]
pub fn show(visit: Guest) -> Result<Response, Problem> {
    let next = visit.query("next").and_then(|next| doors::local_path(&next));
    if visit.account_id().is_some() {
        return Ok(see_other(next.as_deref().unwrap_or(ONWARDS)));
    }
    visit.page(&SignUp::new(DoorForm::new("", next, vec![])))
}

/// Opens an account and has a link sent to its address. An address that has an account already is answered alike, after
/// the same work: its owner is told by mail, and nobody else.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let next = doors::local_path(form.text("next"));
    let errors = match checked(&form) {
        Ok((email, password)) => match doors::alike(open(&visit, email, password, next.as_deref())).await? {
            Ok(()) => {
                let page =
                    next.as_deref().map_or(sent::PATH.to_owned(), |next| doors::door(sent::PATH, next));
                return Ok(doors::sent(&visit, email, &page));
            }
            Err(OpenError::EmailMalformed) => vec![FieldError::new("email", MALFORMED)],
            Err(OpenError::Database(error)) => return Err(error.into()),
        },
        Err(errors) => errors,
    };
    let page = SignUp::new(DoorForm::new(form.text("email"), next, errors));
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

async fn open(
    visit: &Visit,
    email: &str,
    password: &str,
    next: Option<&str>,
) -> Result<Result<(), OpenError>, Problem> {
    let browser = visit.session.map(|session| session.id_hash());
    let new = NewAccount {
        email,
        password_hash: &visit.site.passwords.hash(password.to_owned()).await?,
        next: next.unwrap_or_default(),
        browser: browser.as_ref(),
    };
    Ok(accounts::open(&visit.site.db, &visit.cause, &new).await)
}

fn checked(form: &Form) -> Result<(&str, &str), Vec<FieldError>> {
    let mut errors = Vec::new();
    let email = doors::email(form.text("email"));
    if email.is_none() {
        errors.push(FieldError::new("email", MALFORMED));
    }
    let password = form.text("password");
    if let Err(error) = passwords::check(password) {
        errors.push(FieldError::new("password", error.words()));
    }
    email.filter(|_| errors.is_empty()).map(|email| (email, password)).ok_or(errors)
}
