//! POST /admin/providers/{name}/pause

use poem::{Response, handler};
use shop::providers::{self, NOTE_MAX};

use super::{Named, answer, index};
use crate::{
    admission::Staff,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, note},
};

/// Pauses a provider that works, with a reason.
#[handler]
pub async fn create(visit: Staff, Named(name): Named, form: CheckedForm) -> Result<Response, Problem> {
    let reason = match note(&form, "reason", NOTE_MAX) {
        Ok(reason) => reason,
        Err(error) => return index::refused(&visit, name, form.text("reason"), error).await,
    };
    let changed =
        providers::pause_by_staff(&visit.site.db, &visit.cause, &visit.actor, &name, reason).await?;
    Ok(answer(&visit, changed, Flash::ProviderPaused))
}
