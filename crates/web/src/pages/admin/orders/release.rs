//! POST /admin/orders/{id}/release

use poem::{Response, handler, http::StatusCode};
use shop::{
    ids::OrderId,
    orders::{self, NOTE_MAX, ReleaseError, Released},
};

use super::{money, show};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, OrderFlash},
    forms::{CheckedForm, FieldError, note},
};

/// Lets an order go on that was held, with a note.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<OrderId>, form: CheckedForm) -> Result<Response, Problem> {
    let note = match note(&form, "note", NOTE_MAX) {
        Ok(note) => note,
        Err(error) => return refused(&visit, id, form.text("note"), error).await,
    };
    let released = orders::release(&visit.site.db, &visit.cause, &visit.actor, id, note).await?;
    let refusal = match released {
        Ok(Released::GoesOn) => {
            return Ok(visit.see_other_with(&show::path(id), Flash::Order(OrderFlash::Released)));
        }
        Ok(Released::StaysUnpaid) => {
            return Ok(visit.see_other_with(&show::path(id), Flash::Order(OrderFlash::StaysUnpaid)));
        }
        Err(ReleaseError::Stale(_)) => {
            return Ok(visit.see_other_with(&show::path(id), Flash::NothingToDo));
        }
        Err(ReleaseError::Disputed) => {
            "The customer's bank has not decided yet whether it takes the money back, so the order cannot go on. If the money stays, the hold for the dispute ends by itself.".to_owned()
        }
        Err(ReleaseError::PartlyPaid { there, due }) => format!(
            "Only {there} of {due} is there, so it cannot be made. Send the money back at the payment provider, or have the rest paid."
        ),
        Err(ReleaseError::OtherCurrency { amount, currency }) => format!(
            "{} is there, which is not the currency of the order. Send it back at the payment provider first.",
            money(amount, &currency)
        ),
    };
    refused(&visit, id, note, FieldError::new("", refusal)).await
}

/// The page again, with what was typed.
async fn refused(visit: &Staff, id: OrderId, note: &str, error: FieldError) -> Result<Response, Problem> {
    show::page(visit, id, StatusCode::UNPROCESSABLE_ENTITY, note, vec![error]).await
}
