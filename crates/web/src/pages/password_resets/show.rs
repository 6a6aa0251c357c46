//! GET and POST /password-resets/{token}

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{StaleTransition, accounts, tokens::Purpose};

use crate::{
    admission::{Guest, Link},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    pages::{doors, links::Worn, sign_in},
    passwords::CHARS_MIN,
    views::Page,
    visit::Visit,
};

/// templates/password_resets/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    email: String,
    shortest: usize,
    form: NewPasswordForm,
}

#[derive(Debug, Clone, Serialize)]
struct NewPasswordForm {
    errors: Vec<FieldError>,
}

impl Show {
    fn new(email: String, errors: Vec<FieldError>) -> Self {
        Self { email, shortest: CHARS_MIN, form: NewPasswordForm { errors } }
    }
}

impl Page for Show {
    const TEMPLATE: &'static str = "password_resets/show.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Choose a new password".into()
    }

    fn samples() -> Vec<Self> {
        let email = "<mira>@example.org".to_owned();
        let errors = vec![FieldError::new("password", "Please look at this <again>.")];
        vec![Self::new(email.clone(), vec![]), Self::new(email, errors)]
    }
}

/// Asks for the new password.
#[handler]
pub async fn show(visit: Guest, link: Link) -> Result<Response, Problem> {
    match link.find(&visit, Purpose::ResetPassword).await? {
        Some((_, token)) => visit.page(&Show::new(token.email, vec![])),
        None => worn(&visit),
    }
}

/// Gives the account its new password, and ends all sessions. One signs in with it, so that it is known to be remembered.
#[handler]
pub async fn create(visit: Guest, link: Link, form: CheckedForm) -> Result<Response, Problem> {
    let Some((hash, token)) = link.find(&visit, Purpose::ResetPassword).await? else { return worn(&visit) };
    let password_hash = match doors::chosen_password(&visit, form.text("password"), &token.email).await? {
        Ok(password_hash) => password_hash,
        Err(error) => {
            return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &Show::new(token.email, vec![error]));
        }
    };
    match accounts::reset_password(
        &visit.site.db,
        &visit.cause,
        &hash,
        &password_hash,
        visit.site.welcome_credits,
    )
    .await?
    {
        Ok(()) => Ok(visit.see_other_with(sign_in::PATH, Flash::PasswordReset)),
        Err(StaleTransition) => worn(&visit),
    }
}

fn worn(visit: &Visit) -> Result<Response, Problem> {
    Worn::new(
        "This link cannot be used any more",
        "It was used before, or it is older than an hour. Your password is what it was. You can have a new link sent to you.",
    )
    .leads_to("/password-resets/new", "Send a new link")
    .or_to(sign_in::PATH, "Sign in")
    .answer(visit)
}
