//! POST /generations/{id}/cancellation

use poem::{Response, handler};
use shop::{StaleTransition, generations, ids::GenerationId};

use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    visit::see_other,
};

/// Takes a request back that has not begun.
#[handler]
pub async fn create(
    visit: Member,
    Id(id): Id<GenerationId>,
    _form: CheckedForm,
) -> Result<Response, Problem> {
    generations::find(&visit.site.db, visit.account_id, id).await?.ok_or(Problem::NotFound)?;
    let page = format!("/generations/{id}");
    Ok(match generations::cancel(&visit.site.db, &visit.cause, visit.account_id, id).await? {
        Ok(()) => see_other(&page),
        Err(StaleTransition) => visit.see_other_with(&page, Flash::AlreadyBegun),
    })
}
