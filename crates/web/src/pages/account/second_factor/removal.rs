//! POST /account/second-factor/removal

use poem::{Response, handler, http::StatusCode};
use shop::{
    StaleTransition,
    second_factors::{self, RemovalError},
    sessions::SecondFactor,
};

use super::{PATH, page};
use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    pages::{
        codes::{self, Outcome},
        doors,
    },
};

const WRONG_PASSWORD: &str = "This is not the password of your account. One-time codes are still on.";
const STAFF: &str =
    "Whoever works for the shop signs in with codes. You can move them to another authenticator instead.";

/// Turns codes off, against the password and one more code.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let visitor = visit.visitor().await?;
    if visitor.role.is_staff() {
        return page(&visit, visitor, StatusCode::UNPROCESSABLE_ENTITY, vec![FieldError::new("", STAFF)])
            .await;
    }
    if visitor.second_factor != SecondFactor::Given {
        return Ok(visit.see_other_with(PATH, Flash::NothingToDo));
    }
    let db = &visit.site.db;
    if doors::known_password(&visit, visitor.account_id, form.text("password")).await?.is_none() {
        let errors = vec![FieldError::new("password", WRONG_PASSWORD)];
        return page(&visit, visitor, StatusCode::UNPROCESSABLE_ENTITY, errors).await;
    }
    let spend =
        async |proof| match second_factors::remove(db, &visit.cause, visitor.account_id, proof).await? {
            Ok(()) => Ok(Ok(())),
            // Both are answered like a code that was used before: a role that was given this very moment is a rare thing to meet.
            Err(RemovalError::Stale(_) | RemovalError::Staff) => Ok(Err(StaleTransition)),
        };
    match codes::look_at(&visit, visitor, form.text("code"), spend).await? {
        Outcome::Right(_) => Ok(visit.see_other_with(PATH, Flash::CodesOff)),
        Outcome::Refused(error) => page(&visit, visitor, StatusCode::UNPROCESSABLE_ENTITY, vec![error]).await,
        Outcome::Over(answer) => Ok(answer),
    }
}
