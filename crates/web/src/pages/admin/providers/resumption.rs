//! POST /admin/providers/{name}/resumption

use poem::{Response, handler};
use shop::providers;

use super::{Named, answer};
use crate::{admission::Staff, error::Problem, flash::Flash, forms::CheckedForm};

/// Ends a pause that staff began.
#[handler]
pub async fn create(visit: Staff, Named(name): Named, _form: CheckedForm) -> Result<Response, Problem> {
    let changed = providers::resume_by_staff(&visit.site.db, &visit.cause, &visit.actor, &name).await?;
    Ok(answer(&visit, changed, Flash::ProviderResumed))
}
