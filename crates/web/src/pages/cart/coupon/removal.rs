//! POST /cart/coupon/removal

use poem::{Response, handler};
use shop::{StaleTransition, carts};

use super::super::PATH;
use crate::{
    admission::Guest,
    error::Problem,
    flash::{CartFlash, Flash},
    forms::CheckedForm,
};

/// Takes the coupon away from the cart.
#[handler]
pub async fn create(visit: Guest, _form: CheckedForm) -> Result<Response, Problem> {
    let removed = match visit.cart_owner().await? {
        Some(owner) => carts::remove_coupon(&visit.site.db, &visit.cause, &owner).await?,
        None => Err(StaleTransition),
    };
    let flash = match removed {
        Ok(()) => Flash::Cart(CartFlash::CouponRemoved),
        Err(StaleTransition) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(PATH, flash))
}
