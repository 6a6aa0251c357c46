//! POST /account/addresses/{id}/default

use poem::{Response, handler};
use shop::{StaleTransition, addresses, ids::AddressId};

use super::PATH;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Makes an address the one where parcels go.
#[handler]
pub async fn create(visit: Member, Id(id): Id<AddressId>, _form: CheckedForm) -> Result<Response, Problem> {
    match addresses::make_default(&visit.site.db, visit.account_id, id).await? {
        Ok(()) => Ok(visit.see_other_with(PATH, Flash::AddressIsDefault)),
        Err(StaleTransition) => Err(Problem::NotFound),
    }
}
