//! POST /orders/{id}/cancellation

use poem::{Response, handler};
use shop::{
    ids::OrderId,
    orders::{self, CallOffError},
};

use super::{path, seen};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    flash::{Flash, OrderFlash},
    forms::CheckedForm,
};

/// Calls an order off that is not paid.
#[handler]
pub async fn create(visit: Guest, Id(id): Id<OrderId>, _form: CheckedForm) -> Result<Response, Problem> {
    let (viewer, _) = seen(&visit, id).await?;
    let flash = match orders::call_off(&visit.site.db, &visit.cause, &viewer, id).await? {
        Ok(()) => Flash::Order(OrderFlash::CalledOff),
        Err(CallOffError::MoneyUnderWay) => Flash::Order(OrderFlash::MoneyUnderWay),
        Err(CallOffError::Stale(_)) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&path(id), flash))
}
