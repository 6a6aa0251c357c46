//! POST /orders/{id}/resumption

use poem::{Response, handler};
use shop::{
    ids::OrderId,
    orders::{self, ResumeError},
};

use super::{path, seen};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    flash::{Flash, OrderFlash},
    forms::CheckedForm,
};

/// Takes an order up again that was not paid in time.
#[handler]
pub async fn create(visit: Guest, Id(id): Id<OrderId>, _form: CheckedForm) -> Result<Response, Problem> {
    let (viewer, _) = seen(&visit, id).await?;
    let flash = match orders::resume(&visit.site.db, &visit.cause, &viewer, id).await? {
        Ok(()) => Flash::Order(OrderFlash::ToPay),
        Err(ResumeError::Changed(_)) => Flash::Order(OrderFlash::Changed),
        Err(ResumeError::Coupon(_)) => Flash::Order(OrderFlash::CouponGone),
        Err(ResumeError::Stale(_)) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&path(id), flash))
}
