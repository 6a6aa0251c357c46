//! GET and POST /second-factor

use std::borrow::Cow;

use poem::{
    Response, handler,
    http::{StatusCode, header},
};
use serde::Serialize;
use shop::{
    second_factors::{self, Proof},
    sessions::{self, Visitor},
};

use super::{
    account,
    codes::{self, CodeForm, Outcome},
    doors, sign_in,
};
use crate::{
    admission::Guest, error::Problem, flash::Flash, forms::CheckedForm, session::SessionValue, views::Page,
    visit::see_other,
};

/// Where it is.
pub const PATH: &str = "/second-factor";

/// templates/second_factor.html
#[derive(Debug, Clone, Serialize)]
pub struct SecondFactor {
    form: CodeForm,
}

impl Page for SecondFactor {
    const TEMPLATE: &'static str = "second_factor.html";

    fn title(&self) -> Cow<'_, str> {
        "Your one-time code".into()
    }

    fn samples() -> Vec<Self> {
        CodeForm::samples().into_iter().map(|form| Self { form }).collect()
    }
}

/// The form, for whoever gave the right password a moment ago.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let next = codes::next(&visit.query("next").unwrap_or_default());
    match due(&visit).await? {
        Due::Code(_) => visit.page(&SecondFactor { form: CodeForm { next, errors: vec![] } }),
        Due::Elsewhere(answer) => Ok(answer(&next)),
    }
}

/// Lets in.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let next = codes::next(form.text("next"));
    let visitor = match due(&visit).await? {
        Due::Code(visitor) => visitor,
        Due::Elsewhere(answer) => return Ok(answer(&next)),
    };
    // Who knew the session's value before the code was given shall not be let in by it.
    let renewed = SessionValue::fresh();
    let spend = async |proof| {
        let id_hash = renewed.id_hash();
        let given = second_factors::give(
            &visit.site.db,
            &visit.cause,
            visitor.account_id,
            visitor.session_id,
            proof,
            Some(&id_hash),
        );
        Ok(given.await?)
    };
    match codes::look_at(&visit, visitor, form.text("code"), spend).await? {
        Outcome::Right(proof) => {
            doors::bring_cart(&visit, visitor.account_id).await?;
            let mut answer = match proof {
                Proof::Code { .. } => see_other(onwards(&next)),
                Proof::RecoveryCode(_) => {
                    visit.see_other_with(account::second_factor::PATH, Flash::RecoveryCodeUsed)
                }
            };
            answer.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_session(&renewed, true));
            Ok(answer)
        }
        Outcome::Refused(error) => {
            let page = SecondFactor { form: CodeForm { next, errors: vec![error] } };
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Outcome::Over(answer) => Ok(answer),
    }
}

enum Due<'v> {
    Code(&'v Visitor),
    Elsewhere(fn(&str) -> Response),
}

async fn due(visit: &Guest) -> Result<Due<'_>, Problem> {
    Ok(match visit.arrival().await? {
        Some(visitor) if visitor.second_factor == sessions::SecondFactor::Due => Due::Code(visitor),
        Some(_) => Due::Elsewhere(|next| see_other(onwards(next))),
        None => Due::Elsewhere(|next| see_other(&doors::door(sign_in::PATH, onwards(next)))),
    })
}

fn onwards(next: &str) -> &str {
    if next.is_empty() { sign_in::ONWARDS } else { next }
}
