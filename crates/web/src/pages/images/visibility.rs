//! POST /images/{id}/visibility

use poem::{Response, handler};
use shop::{StaleTransition, ids::ImageId, images};

use super::own;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Shows a picture to everybody, or to its owner alone again.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, form: CheckedForm) -> Result<Response, Problem> {
    own(&visit, id).await?;
    let published = match form.text("visibility") {
        "published" => true,
        "private" => false,
        _ => return Err(Problem::Unreadable),
    };
    let changed =
        images::set_published(&visit.site.db, &visit.cause, visit.account_id, id, published).await?;
    let flash = match (changed, published) {
        (Ok(()), true) => Flash::Published,
        (Ok(()), false) => Flash::Unpublished,
        (Err(StaleTransition), _) => Flash::NotForTheGallery,
    };
    Ok(visit.see_other_with(&format!("/images/{id}"), flash))
}
