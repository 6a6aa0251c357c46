//! POST /cart/lines/{id}

use poem::{Response, handler, http::StatusCode};
use shop::{
    carts::{self, QUANTITY_MAX, QuantityError},
    ids::CartLineId,
};

use super::{
    super::{
        PATH, owner,
        show::{self, Refused},
    },
    removal,
};
use crate::{
    admission::{Guest, Id},
    error::Problem,
    forms::{CheckedForm, FieldError},
    visit::see_other,
};

/// Changes how many of it there are. None of it is as removing it.
#[handler]
pub async fn create(visit: Guest, Id(id): Id<CartLineId>, form: CheckedForm) -> Result<Response, Problem> {
    let typed = form.text("quantity").trim();
    if typed == "0" {
        return removal::remove(&visit, id).await;
    }
    // What is no number is refused as one that is too large.
    let quantity = typed.parse().unwrap_or(QUANTITY_MAX + 1);
    match carts::set_quantity(&visit.site.db, &visit.cause, &owner(&visit).await?, id, quantity).await? {
        Ok(()) => Ok(see_other(PATH)),
        Err(QuantityError::Bad(most)) => {
            let text = if most == 1 {
                "Of a file, one is enough: you may print it as often as you like.".to_owned()
            } else {
                format!("Please choose how many you want, from 1 to {most}.")
            };
            let refused = (Refused::Quantity(id, typed), FieldError::new("", text));
            visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &show::page(&visit, Some(refused)).await?)
        }
        Err(QuantityError::Stale(_)) => Err(Problem::NotFound),
    }
}
