//! POST /cart/lines/{id}/removal

use poem::{Response, handler};
use shop::{StaleTransition, carts, ids::CartLineId};

use super::super::{PATH, owner};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    flash::{CartFlash, Flash},
    forms::CheckedForm,
    visit::Visit,
};

/// Takes something out of the cart. The message says how to have it back.
#[handler]
pub async fn create(visit: Guest, Id(id): Id<CartLineId>, _form: CheckedForm) -> Result<Response, Problem> {
    remove(&visit, id).await
}

/// The same for whoever wants none of it.
pub(super) async fn remove(visit: &Visit, id: CartLineId) -> Result<Response, Problem> {
    match carts::remove(&visit.site.db, &visit.cause, &owner(visit).await?, id).await? {
        Ok(removed) => Ok(visit.see_other_with(PATH, Flash::Cart(CartFlash::Removed(removed)))),
        Err(StaleTransition) => Err(Problem::NotFound),
    }
}
