//! POST /images/{id}/favourite

use poem::{Response, handler};
use shop::{StaleTransition, ids::ImageId, images};

use super::{back_to, own};
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    visit::see_other,
};

/// Puts a picture among its owner's favourites, or takes it out.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, form: CheckedForm) -> Result<Response, Problem> {
    own(&visit, id).await?;
    let favourite = match form.text("favourite") {
        "yes" => true,
        "no" => false,
        _ => return Err(Problem::Unreadable),
    };
    let back = back_to(&form, || format!("/images/{id}"));
    Ok(match images::set_favourite(&visit.site.db, &visit.cause, visit.account_id, id, favourite).await? {
        Ok(()) => see_other(&back),
        Err(StaleTransition) => visit.see_other_with(&back, Flash::NothingToDo),
    })
}
