//! GET and POST /confirmation

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts, second_factors,
    sessions::{self, SecondFactor, Visitor},
    throttles,
};

use super::codes::{self, CodeForm, Outcome};
use crate::{
    admission::Member,
    error::Problem,
    forms::{CheckedForm, FieldError},
    views::Page,
    visit::see_other,
};

/// Where it is.
pub const PATH: &str = "/confirmation";
/// Where one goes from here, if one was not on the way to somewhere.
const ONWARDS: &str = "/";
const WRONG_PASSWORD: &str = "This is not the password of your account. Please try again.";

/// templates/confirmation.html
#[derive(Debug, Clone, Serialize)]
pub struct Confirmation {
    form: CodeForm,
    by_code: bool,
}

impl Page for Confirmation {
    const TEMPLATE: &'static str = "confirmation.html";

    fn title(&self) -> Cow<'_, str> {
        "Please confirm that it is you".into()
    }

    fn samples() -> Vec<Self> {
        let both = |form: CodeForm| [true, false].map(|by_code| Self { form: form.clone(), by_code });
        CodeForm::samples().into_iter().flat_map(both).collect()
    }
}

/// The form.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let next = codes::next(&visit.query("next").unwrap_or_default());
    let by_code = visitor(&visit).await?.second_factor == SecondFactor::Given;
    visit.page(&Confirmation { form: CodeForm { next, errors: vec![] }, by_code })
}

/// Takes the proof: a code from whoever has them, the password from anybody else.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let next = codes::next(form.text("next"));
    let visitor = visitor(&visit).await?;
    let by_code = visitor.second_factor == SecondFactor::Given;
    let outcome = if by_code {
        let spend = async |proof| {
            let (db, cause) = (&visit.site.db, &visit.cause);
            Ok(second_factors::give(db, cause, visitor.account_id, visitor.session_id, proof, None).await?)
        };
        match codes::look_at(&visit, visitor, form.text("code"), spend).await? {
            Outcome::Right(_) => Ok(()),
            Outcome::Refused(error, status) => Err((error, status)),
            Outcome::Over(answer) => return Ok(answer),
        }
    } else {
        by_password(&visit, visitor, form.text("password")).await?
    };
    match outcome {
        Ok(()) => Ok(see_other(if next.is_empty() { ONWARDS } else { &next })),
        Err((error, status)) => {
            let page = Confirmation { form: CodeForm { next, errors: vec![error] }, by_code };
            visit.page_with(status, &page).map(codes::with_retry_after)
        }
    }
}

async fn by_password(
    visit: &Member,
    visitor: &Visitor,
    password: &str,
) -> Result<Result<(), (FieldError, StatusCode)>, Problem> {
    let db = &visit.site.db;
    if let Some(Outcome::Refused(error, status)) = codes::throttled(visit, visitor, "password").await? {
        return Ok(Err((error, status)));
    }
    let known = accounts::credentials(db, &visitor.email).await?;
    let hash = known.map(|known| known.password_hash);
    if !visit.site.passwords.verify(password.to_owned(), hash).await? {
        let error = FieldError::new("password", WRONG_PASSWORD);
        return Ok(Err((error, StatusCode::UNPROCESSABLE_ENTITY)));
    }
    throttles::forgive(db, codes::GUESSES, &visitor.account_id.to_string()).await?;
    sessions::confirm(db, &visit.cause, visitor.session_id).await?;
    Ok(Ok(()))
}

async fn visitor(visit: &Member) -> Result<&Visitor, Problem> {
    visit.visitor().await?.ok_or(Problem::SignedOut)
}
