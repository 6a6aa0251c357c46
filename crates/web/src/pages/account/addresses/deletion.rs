//! POST /account/addresses/{id}/deletion

use poem::{Response, handler};
use shop::{StaleTransition, addresses, ids::AddressId};

use super::PATH;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Removes an address.
#[handler]
pub async fn create(visit: Member, Id(id): Id<AddressId>, _form: CheckedForm) -> Result<Response, Problem> {
    match addresses::remove(&visit.site.db, visit.account_id, id).await? {
        Ok(()) => Ok(visit.see_other_with(PATH, Flash::AddressDeleted)),
        Err(StaleTransition) => Err(Problem::NotFound),
    }
}
