//! POST /admin/accounts/{id}/closure

use poem::{Response, handler, http::StatusCode};
use shop::{
    accounts::closures::{self, ClosureError, REASON_MAX},
    ids::AccountId,
};

use super::show::{self, Typed};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError, note},
};

/// Shuts an account, with a reason.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<AccountId>, form: CheckedForm) -> Result<Response, Problem> {
    let reason = match reason(&form) {
        Ok(reason) => reason,
        Err(error) => return refused(&visit, id, &form, error).await,
    };
    let closed = closures::close(&visit.site.db, &visit.cause, &visit.actor, id, reason).await?;
    answer(&visit, id, &form, closed, Flash::AccountClosed).await
}

/// Why: colleagues read it in the audit log, long after.
pub(super) fn reason(form: &CheckedForm) -> Result<&str, FieldError> {
    note(form, "reason", REASON_MAX)
}

/// Says what became of it.
pub(super) async fn answer(
    visit: &Staff,
    id: AccountId,
    form: &CheckedForm,
    changed: Result<(), ClosureError>,
    flash: Flash,
) -> Result<Response, Problem> {
    let refusal = match changed {
        Ok(()) => return Ok(visit.see_other_with(&show::path(id), flash)),
        Err(ClosureError::Stale(_)) => {
            return Ok(visit.see_other_with(&show::path(id), Flash::NothingToDo));
        }
        Err(ClosureError::Oneself) => "You cannot close your own account here.",
        Err(ClosureError::LastOwner) => {
            "This is the last owner, and somebody must be left who gives roles. Please make another owner first."
        }
        Err(ClosureError::Outranked) => "Only an owner closes the account of an owner.",
    };
    refused(visit, id, form, FieldError::new("", refusal)).await
}

/// The page again, with what was typed.
pub(super) async fn refused(
    visit: &Staff,
    id: AccountId,
    form: &CheckedForm,
    error: FieldError,
) -> Result<Response, Problem> {
    let typed = Typed { reason: form.text("reason").to_owned(), ..Typed::default() };
    show::page(visit, id, StatusCode::UNPROCESSABLE_ENTITY, typed, vec![error]).await
}
