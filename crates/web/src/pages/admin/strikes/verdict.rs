//! POST /admin/strikes/{id}/verdict

use poem::{Response, handler};
use shop::{
    StaleTransition,
    ids::{AccountId, StrikeId},
    strikes::{self, Verdict},
};

use super::PATH;
use crate::{
    admission::{Id, Staff},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    pages::admin::accounts,
};

/// The last word on a strike, which may be another one later. Whoever decides on the page of an account goes on there.
#[handler]
pub async fn create(visit: Staff, Id(id): Id<StrikeId>, form: CheckedForm) -> Result<Response, Problem> {
    let verdict: Verdict = form.text("verdict").parse().map_err(|_| Problem::Unreadable)?;
    let decided = strikes::decide(&visit.site.db, &visit.cause, &visit.actor, id, verdict).await?;
    let flash = match decided {
        Ok(()) => Flash::StrikeDecided,
        Err(StaleTransition) => Flash::NothingToDo,
    };
    let account = form.text("account").parse::<AccountId>();
    let path = account.map_or_else(|_| PATH.to_owned(), accounts::show::path);
    Ok(visit.see_other_with(&path, flash))
}
