//! GET and POST /account/email

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::accounts;

use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    limits,
    pages::doors::{self, MALFORMED, WRONG_PASSWORD},
    views::Page,
};

const SAME: &str = "This is the address that your account has already.";

/// templates/account/email.html
#[derive(Debug, Clone, Serialize)]
pub struct Email {
    email: String,
    form: EmailForm,
}

#[derive(Debug, Clone, Serialize)]
struct EmailForm {
    new_email: String,
    errors: Vec<FieldError>,
}

impl Page for Email {
    const TEMPLATE: &'static str = "account/email.html";

    fn title(&self) -> Cow<'_, str> {
        "Change your e-mail address".into()
    }

    fn samples() -> Vec<Self> {
        let errors =
            ["new_email", "current_password"].map(|field| FieldError::new(field, "Please look <again>."));
        let email = "<mira>@example.org".to_owned();
        let wrong = EmailForm { new_email: "\"<mira>@".to_owned(), errors: errors.to_vec() };
        let blank = EmailForm { new_email: String::new(), errors: vec![] };
        vec![Self { email: email.clone(), form: blank }, Self { email, form: wrong }]
    }
}

/// The form.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let form = EmailForm { new_email: String::new(), errors: vec![] };
    visit.page(&Email { email: visit.visitor().await?.email.clone(), form })
}

/// Has a link sent to the new address, and a notice to the old one. Whether the new one has an account is not told.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let visitor = visit.visitor().await?;
    let typed = form.text("new_email");
    let mut errors = Vec::new();
    let new_email = doors::email(typed);
    match new_email {
        None => errors.push(FieldError::new("new_email", MALFORMED)),
        Some(new_email) if new_email.to_lowercase() == visitor.email.to_lowercase() => {
            errors.push(FieldError::new("new_email", SAME));
        }
        Some(_) => {}
    }
    if doors::known_password(&visit, visit.account_id, form.text("current_password")).await?.is_none() {
        errors.push(FieldError::new("current_password", WRONG_PASSWORD));
    }
    let Some(new_email) = new_email.filter(|_| errors.is_empty()) else {
        let form = EmailForm { new_email: typed.to_owned(), errors };
        let page = Email { email: visitor.email.clone(), form };
        return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    if let Err(too_often) = limits::take(&visit, &limits::VERIFICATION, new_email).await? {
        let form = EmailForm { new_email: typed.to_owned(), errors: vec![too_often.error()] };
        return too_often.page(&visit, &Email { email: visitor.email.clone(), form });
    }
    let ask = accounts::ask_email_change(&visit.site.db, &visit.cause, visit.account_id, new_email);
    doors::alike(ask).await?;
    Ok(visit.see_other_with("/account", Flash::EmailChangeAsked))
}
