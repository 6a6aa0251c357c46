//! POST /admin/accounts/{id}/reopening

use poem::{Response, handler};
use shop::{accounts::closures, ids::AccountId};

use super::closure;
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Opens an account again, with a reason.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<AccountId>, form: CheckedForm) -> Result<Response, Problem> {
    let reason = match closure::reason(&form) {
        Ok(reason) => reason,
        Err(error) => return closure::refused(&visit, id, &form, error).await,
    };
    let opened = closures::reopen(&visit.site.db, &visit.cause, &visit.actor, id, reason).await?;
    closure::answer(&visit, id, &form, opened, Flash::AccountReopened).await
}
