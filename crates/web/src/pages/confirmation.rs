//! GET and POST /confirmation

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    second_factors,
    sessions::{self, SecondFactor, Visitor},
};

use super::{
    codes::{self, CodeForm, Outcome},
    doors,
};
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
    let by_code = visit.visitor().await?.second_factor == SecondFactor::Given;
    visit.page(&Confirmation { form: CodeForm { next, errors: vec![] }, by_code })
}

/// Takes the proof: a code from whoever has them, the password from anybody else.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let next = codes::next(form.text("next"));
    let visitor = visit.visitor().await?;
    let by_code = visitor.second_factor == SecondFactor::Given;
    let wrong = if by_code {
        let spend = async |proof| {
            let (db, cause) = (&visit.site.db, &visit.cause);
            Ok(second_factors::give(db, cause, visitor.account_id, visitor.session_id, proof, None).await?)
        };
        match codes::look_at(&visit, visitor, form.text("code"), spend).await? {
            Outcome::Right(_) => None,
            Outcome::Refused(error) => Some(error),
            Outcome::Over(answer) => return Ok(answer),
        }
    } else {
        by_password(&visit, visitor, form.text("password")).await?
    };
    let Some(error) = wrong else {
        return Ok(see_other(if next.is_empty() { ONWARDS } else { &next }));
    };
    let page = Confirmation { form: CodeForm { next, errors: vec![error] }, by_code };
    visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What is wrong with the password, if it is not the one.
async fn by_password(
    visit: &Member,
    visitor: &Visitor,
    password: &str,
) -> Result<Option<FieldError>, Problem> {
    if doors::known_password(visit, visitor.account_id, password).await?.is_none() {
        return Ok(Some(FieldError::new("password", WRONG_PASSWORD)));
    }
    sessions::confirm(&visit.site.db, &visit.cause, visitor.session_id).await?;
    Ok(None)
}
