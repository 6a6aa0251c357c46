//! POST /orders/{id}/return-to-cart

use poem::{Response, handler, http::header};
use shop::{
    StaleTransition,
    carts::Owner,
    ids::OrderId,
    orders::{self, PutBack},
};

use super::{path, seen};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    flash::{Flash, OrderFlash},
    forms::CheckedForm,
    session::SessionValue,
};

/// Where carts are.
const CART: &str = "/cart";

/// Puts what was in an order that ended unpaid into the visitor's cart.
#[handler]
pub async fn create(visit: Guest, Id(id): Id<OrderId>, _form: CheckedForm) -> Result<Response, Problem> {
    let (viewer, _) = seen(&visit, id).await?;
    let fresh = SessionValue::fresh();
    let known = visit.cart_owner().await?;
    let owner = known.unwrap_or(Owner::Guest(fresh.id_hash()));
    let put_back = orders::put_back(&visit.site.db, &visit.cause, &viewer, &owner, id).await?;
    let (to, flash) = match put_back {
        Ok(PutBack { added: 0, .. }) => (path(id), Flash::Order(OrderFlash::NothingPutBack)),
        Ok(PutBack { missing: 0, .. }) => (CART.to_owned(), Flash::Order(OrderFlash::PutBack)),
        Ok(PutBack { .. }) => (CART.to_owned(), Flash::Order(OrderFlash::PartlyPutBack)),
        Err(StaleTransition) => (path(id), Flash::NothingToDo),
    };
    let mut response = visit.see_other_with(&to, flash);
    if known.is_none() {
        response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_cart(&fresh));
    }
    Ok(response)
}
