//! GET /orders/{id}/access/{token}

use poem::{Response, handler, http::header};
use shop::{ids::OrderId, orders};

use super::{lookup, path, seen};
use crate::{
    admission::{Guest, Id, Link},
    error::Problem,
    pages::links::Worn,
    session::SessionValue,
    visit::see_other,
};

/// Lets the browser see the order from now on, and goes on to it, so that the link stays in no history of addresses that are sent
/// along. It changes nothing of the order, and the link can be followed again: programs that look through mails do no harm.
#[handler]
pub async fn show(visit: Guest, Id(id): Id<OrderId>, link: Link) -> Result<Response, Problem> {
    let browser = visit.cart.unwrap_or_else(SessionValue::fresh);
    if let Some(token) = link.hash()
        && orders::follow(&visit.site.db, &visit.cause, id, &token, &browser.id_hash()).await?
    {
        let mut response = see_other(&path(id));
        // Kept anew, so that it lasts as long as for one who came just now.
        response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_cart(&browser));
        return Ok(response);
    }
    match seen(&visit, id).await {
        Ok(_) => Ok(see_other(&path(id))),
        Err(Problem::NotFound) => Worn::new(
            "This link cannot be used any more",
            "It is older than half a year, or a part of it got lost on its way. Your order is still here: have a new link sent to you.",
        )
        .leads_to(lookup::PATH, "Find my order")
        .answer(&visit),
        Err(problem) => Err(problem),
    }
}
