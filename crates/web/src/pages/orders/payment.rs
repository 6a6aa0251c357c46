//! GET and POST /orders/{id}/payment

use poem::{Response, handler};
use shop::{StaleTransition, ids::OrderId, orders, payments};

use super::{seen, show as order_page};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    flash::{Flash, OrderFlash},
    forms::CheckedForm,
    visit::see_other,
};

/// Where an order is paid.
pub fn path(id: OrderId) -> String {
    format!("{}/payment", super::path(id))
}

/// On to the provider's page, which is another site. While it is being made, the page of the order says so and comes back here.
///
/// No form leads here without a page of ours between: browsers do not let a form end at another site (`form-action`).
#[handler]
pub async fn show(visit: Guest, Id(id): Id<OrderId>) -> Result<Response, Problem> {
    let page = order_page::watched(&visit, id).await?;
    if page.is_opening() {
        return visit.page(&page);
    }
    let session = payments::latest(&visit.site.db, id).await?;
    let url = session.and_then(|session| session.url).filter(|_| page.is_open());
    Ok(see_other(&url.unwrap_or_else(|| super::path(id))))
}

/// Has a new page made where the order can be paid, unless there is one.
#[handler]
pub async fn create(visit: Guest, Id(id): Id<OrderId>, _form: CheckedForm) -> Result<Response, Problem> {
    let (viewer, _) = seen(&visit, id).await?;
    let page = super::path(id);
    Ok(match orders::pay_again(&visit.site.db, &visit.cause, &viewer, id).await? {
        Ok(()) => visit.see_other_with(&page, Flash::Order(OrderFlash::ToPay)),
        Err(StaleTransition) => visit.see_other_with(&page, Flash::NothingToDo),
    })
}
