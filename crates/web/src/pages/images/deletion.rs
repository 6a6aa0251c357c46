//! POST /images/{id}/deletion

use poem::{Response, handler};
use shop::{StaleTransition, ids::ImageId, images};

use super::own;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Takes a picture out of sight. For a while it can be had back.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, _form: CheckedForm) -> Result<Response, Problem> {
    own(&visit, id).await?;
    Ok(match images::delete(&visit.site.db, &visit.cause, visit.account_id, id).await? {
        Ok(()) => visit.see_other_with("/generations", Flash::Deleted(id)),
        Err(StaleTransition) => visit.see_other_with(&format!("/images/{id}"), Flash::NothingToDo),
    })
}
