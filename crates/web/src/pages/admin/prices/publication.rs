//! POST /admin/prices/{id}/publication

use poem::{Response, handler, http::StatusCode};
use shop::{
    ids::PriceListId,
    price_lists::{self, PublishError},
};

use super::{
    Wrong, path,
    show::{self, Sent},
};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::CheckedForm,
};

/// Makes a draft count from its time on.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<PriceListId>, _form: CheckedForm) -> Result<Response, Problem> {
    let (field, text) = match price_lists::publish(&visit.site.db, &visit.cause, &visit.actor, id).await? {
        Ok(()) => return Ok(visit.see_other_with(&path(id), Flash::Pricing(PricingFlash::ListPublished))),
        Err(PublishError::Stale(_)) => return Ok(visit.see_other_with(&path(id), Flash::NothingToDo)),
        Err(PublishError::Empty) => {
            ("", "There is no price in this list yet. Please save at least one, then publish it.")
        }
        Err(PublishError::Over) => {
            ("ends_at", "The end of this list is past, so it would never count. Please give it another end.")
        }
    };
    let errors = vec![Wrong { field: field.to_owned(), text: text.to_owned() }];
    let sent = Sent { errors, ..Sent::default() };
    show::page(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, sent).await
}
