//! POST /admin/prices/{id}/withdrawal

use poem::{Response, handler, http::StatusCode};
use shop::{ids::PriceListId, price_lists};

use super::{
    Wrong, path,
    show::{self, NOTE_MAX, Sent},
};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::{CheckedForm, note},
};

/// Takes a published list back, for good. Who is told that things are not sold any more without it says that they know.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<PriceListId>, form: CheckedForm) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let list = price_lists::find(db, id).await?.ok_or(Problem::NotFound)?;
    let unsold = price_lists::unsold_without(db, &visit.cause, &list).await?;
    let mut errors = Vec::new();
    let note = note(&form, "note", NOTE_MAX).map_err(|error| errors.push(Wrong::from(error))).ok();
    if unsold > 0 && form.text("agree") != "yes" {
        let text = format!("Please tick that you know: {} in {}.", lost(unsold), list.currency.name());
        errors.push(Wrong { field: "agree".to_owned(), text });
    }
    let Some(note) = note.filter(|_| errors.is_empty()) else {
        let sent = Sent { note: form.text("note").to_owned(), errors, ..Sent::default() };
        return show::page(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, sent).await;
    };
    let flash = match price_lists::withdraw(db, &visit.cause, &visit.actor, id, note).await? {
        Ok(()) => Flash::Pricing(PricingFlash::ListWithdrawn),
        Err(_) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&path(id), flash))
}

fn lost(unsold: i64) -> String {
    if unsold == 1 {
        "one thing is not sold any more without this list".to_owned()
    } else {
        format!("{unsold} things are not sold any more without this list")
    }
}
