//! POST /admin/prices/{id}/deletion

use poem::{Response, handler};
use shop::{ids::PriceListId, price_lists};

use super::{PATH, path};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::CheckedForm,
};

/// Throws a draft away.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<PriceListId>, _form: CheckedForm) -> Result<Response, Problem> {
    match price_lists::delete(&visit.site.db, &visit.cause, &visit.actor, id).await? {
        Ok(()) => Ok(visit.see_other_with(PATH, Flash::Pricing(PricingFlash::ListDeleted))),
        Err(_) => Ok(visit.see_other_with(&path(id), Flash::NothingToDo)),
    }
}
