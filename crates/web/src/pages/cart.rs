//! The cart: what somebody is about to buy, signed in or not.

pub mod coupon;
pub mod currency;
pub mod lines;
pub mod show;

use poem::{Response, http::header};
use shop::carts::Owner;

use crate::{error::Problem, session::SessionValue, visit::Visit};

/// Where it is.
const PATH: &str = "/cart";

/// Whose cart something is put into: a guest who has none yet gets the value of a cookie that names it.
async fn opened(visit: &Visit) -> Result<(Owner, Option<SessionValue>), Problem> {
    if let Some(visitor) = visit.visitor().await? {
        return Ok((Owner::Account(visitor.account_id), None));
    }
    let value = visit.cart.unwrap_or_else(SessionValue::fresh);
    Ok((Owner::Guest(value.id_hash()), Some(value)))
}

/// An answer that keeps a guest's cart in the browser for another while.
fn kept(visit: &Visit, mut answer: Response, value: Option<SessionValue>) -> Response {
    if let Some(value) = value {
        answer.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_cart(&value));
    }
    answer
}

/// Whose cart something is changed in. Who has none has nothing that could be changed.
async fn owner(visit: &Visit) -> Result<Owner, Problem> {
    visit.cart_owner().await?.ok_or(Problem::NotFound)
}
