//! POST /admin/coupons/{id}/deactivation

use poem::{Response, handler, http::StatusCode};
use shop::{
    coupons::{self, NOTE_MAX},
    ids::CouponId,
};

use super::{path, show};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::{Flash, PricingFlash},
    forms::{CheckedForm, note},
};

/// Takes a coupon back.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<CouponId>, form: CheckedForm) -> Result<Response, Problem> {
    let note = match note(&form, "note", NOTE_MAX) {
        Ok(note) => note,
        Err(error) => {
            let typed = form.text("note").to_owned();
            return show::page(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, typed, vec![error]).await;
        }
    };
    let flash = match coupons::deactivate(&visit.site.db, &visit.cause, &visit.actor, id, note).await? {
        Ok(()) => Flash::Pricing(PricingFlash::CouponTakenBack),
        Err(_) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&path(id), flash))
}
