//! POST /admin/accounts/{id}/erasure

use poem::{Response, handler};
use shop::{StaleTransition, accounts, ids::AccountId};

use super::show;
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Has an erasure that failed tried again.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<AccountId>, _form: CheckedForm) -> Result<Response, Problem> {
    let retried = accounts::retry_erasure(&visit.site.db, &visit.cause, &visit.actor, id).await?;
    let flash = match retried {
        Ok(()) => Flash::ErasureRetried,
        Err(StaleTransition) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&show::path(id), flash))
}
