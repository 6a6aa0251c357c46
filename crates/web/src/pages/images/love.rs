//! POST /images/{id}/love

use poem::{Response, handler};
use shop::{StaleTransition, ids::ImageId, images};

use super::hung_at;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    limits,
    pages::unverified,
    visit::see_other,
};

/// Gives a picture in the gallery one's heart, or takes it back.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, form: CheckedForm) -> Result<Response, Problem> {
    let Some(page) = hung_at(&visit, id).await? else {
        return Ok(visit.see_other_with("/gallery", Flash::NotInTheGallery));
    };
    if !visit.is_verified() {
        return unverified::answer(&visit, None, page);
    }
    limits::take(&visit, &limits::LOVE, &visit.account_id.to_string()).await??;
    let loved = match form.text("love") {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::Unreadable),
    };
    Ok(match images::set_loved(&visit.site.db, &visit.cause, visit.account_id, id, loved).await? {
        Ok(()) => see_other(&page),
        Err(StaleTransition) => visit.see_other_with("/gallery", Flash::NotInTheGallery),
    })
}
