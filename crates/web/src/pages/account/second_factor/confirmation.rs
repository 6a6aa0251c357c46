//! POST /account/second-factor/confirmation

use poem::{Response, handler, http::StatusCode};
use shop::{StaleTransition, second_factors};

use super::{fresh, page, recovery_codes};
use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    one_time_codes::Secret,
};

const WRONG: &str = "This code does not fit the secret. Please give the one that the app shows now, and check that its clock is right.";

/// Turns codes on, or moves them to another authenticator, with its first code.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let visitor = fresh(&visit).await?;
    let factor = second_factors::find(&visit.site.db, visitor.account_id).await?;
    let Some(pending) = factor.and_then(|factor| factor.pending_secret) else {
        return Ok(visit.see_other_with(super::PATH, Flash::NothingToDo));
    };
    let secret = Secret::open(&visit.site.data_key, visitor.account_id, &pending).map_err(Problem::Broken)?;
    let code: String = form.text("first_code").split_whitespace().collect();
    let Some(step) = secret.step_of(&code, visit.at()) else {
        let errors = vec![FieldError::new("first_code", WRONG)];
        return page(&visit, visitor, StatusCode::UNPROCESSABLE_ENTITY, errors).await;
    };
    let (codes, hashes) = recovery_codes::fresh(&visit);
    let confirmed = second_factors::confirm(
        &visit.site.db,
        &visit.cause,
        visitor.account_id,
        visitor.session_id,
        &pending,
        step,
        &hashes,
    );
    match confirmed.await? {
        Ok(()) => recovery_codes::page(&visit, visitor, codes, true),
        Err(StaleTransition) => Ok(visit.see_other_with(super::PATH, Flash::NothingToDo)),
    }
}
