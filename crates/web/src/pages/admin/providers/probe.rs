//! POST /admin/providers/{name}/probe

use poem::{Response, handler};
use shop::providers;

use super::{Named, answer};
use crate::{admission::Staff, error::Problem, flash::Flash, forms::CheckedForm};

/// Has the oldest request try now whether a pause is over.
#[handler]
pub async fn create(visit: Staff, Named(name): Named, _form: CheckedForm) -> Result<Response, Problem> {
    let changed = providers::try_now(&visit.site.db, &visit.cause, &visit.actor, &name).await?;
    Ok(answer(&visit, changed, Flash::ProviderTried))
}
