//! POST /cart/coupon

pub mod removal;

use poem::{Response, handler, http::StatusCode};
use shop::{
    carts::{self, CouponError},
    coupons::CouponRefusal,
};

use super::{
    PATH, owner,
    show::{self, Refused},
};
use crate::{
    admission::Guest,
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
        Err(CouponError::Refused(refusal)) => {
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &refused(words(refusal)).await?)
        }
        Err(CouponError::Stale(_)) => Err(Problem::NotFound),
    }
}

/// Why a coupon takes nothing off. Nobody learns of one whose time has not come.
pub fn words(refusal: CouponRefusal) -> String {
    match refusal {
        CouponRefusal::Unknown | CouponRefusal::NotYet => {
            "We know no coupon with this code. Please look whether a letter is missing.".to_owned()
        }
        CouponRefusal::Inactive => "This coupon is not good any more.".to_owned(),
        CouponRefusal::Over(end) => {
            format!("This coupon was good until {}.", end.format("%-d %B %Y"))
        }
        CouponRefusal::UsedUp => {
            "This coupon was used as often as it may be. All of its uses are gone.".to_owned()
        }
        CouponRefusal::UsedUpByCustomer => "You have used this coupon already.".to_owned(),
        CouponRefusal::OtherCurrency(currency) => format!(
            "This coupon counts for what is paid in {} ({}). You can choose that currency for your cart.",
            currency.code(),
            currency.name()
        ),
        CouponRefusal::TooLittle(least) => {
            format!("This coupon counts from {least} on. It stays in your cart until then.")
        }
    }
}
