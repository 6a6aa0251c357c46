//! POST /account/second-factor/removal

use poem::{Response, handler, http::StatusCode};
use shop::{
    StaleTransition, accounts,
    second_factors::{self, RemovalError},
    sessions::SecondFactor,
};

use super::{PATH, me, page};
use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    pages::codes::{self, Outcome},
};

const WRONG_PASSWORD: &str = "This is not the password of your account. One-time codes are still on.";
const STAFF: &str =
    "Whoever works for the shop signs in with codes. You can move them to another authenticator instead.";

/// Turns codes off, against the password and one more code.
#[handler]
pub async fn create(visit: Member, form: CheckedForm) -> Result<Response, Problem> {
    let visitor = me(&visit).await?;
    if visitor.role.is_staff() {
        return page(&visit, visitor, StatusCode::UNPROCESSABLE_ENTITY, vec![FieldError::new("", STAFF)])
            .await;
    }
    if visitor.second_factor != SecondFactor::Given {
        return Ok(visit.see_other_with(PATH, Flash::NothingToDo));
    }
    let db = &visit.site.db;
    if let Some(Outcome::Refused(error, status)) = codes::throttled(&visit, visitor, "password").await? {
        return page(&visit, visitor, status, vec![error]).await.map(codes::with_retry_after);
    }
    let known = accounts::credentials(db, &visitor.email).await?;
    let hash = known.map(|known| known.password_hash);
    if !visit.site.passwords.verify(form.text("password").to_owned(), hash).await? {
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
        Outcome::Refused(error, status) => {
            page(&visit, visitor, status, vec![error]).await.map(codes::with_retry_after)
        }
        Outcome::Over(answer) => Ok(answer),
    }
}
