//! POST /admin/accounts/{id}/clearance

use poem::{Response, handler};
use shop::{StaleTransition, ids::AccountId, strikes};

use super::show;
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Ends the review of an account: pictures are drawn for it again.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<AccountId>, _form: CheckedForm) -> Result<Response, Problem> {
    let ended = strikes::end_review(&visit.site.db, &visit.cause, &visit.actor, id).await?;
    let flash = match ended {
        Ok(()) => Flash::ReviewEnded,
        Err(StaleTransition) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&show::path(id), flash))
}
