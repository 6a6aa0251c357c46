//! POST /admin/providers/{name}/stay

use poem::{Response, handler};
use shop::providers;

use super::{Named, answer};
use crate::{admission::Staff, error::Problem, flash::Flash, forms::CheckedForm};

/// Has a paused provider stay so, untried, until somebody says otherwise.
#[handler]
pub async fn create(visit: Staff, Named(name): Named, _form: CheckedForm) -> Result<Response, Problem> {
    let changed = providers::stay_paused(&visit.site.db, &visit.cause, &visit.actor, &name).await?;
    Ok(answer(&visit, changed, Flash::ProviderStays))
}
