//! POST /images/{id}/restoration

use poem::{Response, handler};
use shop::{StaleTransition, ids::ImageId, images};

use super::own;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Brings a deleted picture back.
#[handler]
pub async fn create(visit: Member, Id(id): Id<ImageId>, _form: CheckedForm) -> Result<Response, Problem> {
    own(&visit, id).await?;
    let flash = match images::restore(&visit.site.db, &visit.cause, visit.account_id, id).await? {
        Ok(()) => Flash::Restored,
        Err(StaleTransition) => Flash::NothingToDo,
    };
    Ok(visit.see_other_with(&format!("/images/{id}"), flash))
}
