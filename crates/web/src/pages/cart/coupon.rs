//! POST /cart/coupon

pub mod removal;

use poem::{Response, handler, http::StatusCode};
use shop::carts::{self, CouponError};

use super::{
    PATH, owner,
    show::{self, Refused},
};
use crate::{
    admission::Guest,
    coupons,
    error::Problem,
    flash::{CartFlash, Flash},
    forms::{CheckedForm, FieldError},
    limits,
};

/// Gives the cart a coupon.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let owner = owner(&visit).await?;
    let code = form.text("code");
    let refused = async |words: String| {
        show::page(&visit, Some((Refused::Code(code), FieldError::new("code", words)))).await
    };
    if let Err(too_often) = limits::take(&visit, &limits::COUPON, "").await? {
        return too_often.page(&visit, &refused(too_often.words()).await?);
    }
    match carts::set_coupon(&visit.site.db, &visit.cause, &owner, code).await? {
        Ok(()) => Ok(visit.see_other_with(PATH, Flash::Cart(CartFlash::CouponAdded))),
        Err(CouponError::Refused(refusal)) => visit.page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &refused(coupons::words(refusal).into_owned()).await?,
        ),
        Err(CouponError::Stale(_)) => Err(Problem::NotFound),
    }
}
