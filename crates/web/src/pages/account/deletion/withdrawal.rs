//! POST /account/deletion/withdrawal

use poem::{Response, handler};
use shop::{StaleTransition, accounts};

use crate::{admission::Member, error::Problem, flash::Flash, forms::CheckedForm};

/// Keeps the account after all.
#[handler]
pub async fn create(visit: Member, _form: CheckedForm) -> Result<Response, Problem> {
    let flash = match accounts::call_off_erasure(&visit.site.db, &visit.cause, visit.account_id).await? {
        Ok(()) => Flash::ErasureCalledOff,
        Err(StaleTransition) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with("/account", flash))
}
