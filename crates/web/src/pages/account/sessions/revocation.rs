//! POST /account/sessions/{id}/revocation and POST /account/sessions/revocation

use poem::{Response, handler, http::header};
use shop::{StaleTransition, ids::SessionId, sessions};

use super::PATH;
use crate::{
    admission::{Id, Member},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
};

/// Signs one browser out. If it is this one, that is signing out.
#[handler]
pub async fn create(visit: Member, Id(id): Id<SessionId>, _form: CheckedForm) -> Result<Response, Problem> {
    let this = visit.visitor().await?.session_id;
    match sessions::revoke(&visit.site.db, visit.account_id, id).await? {
        Ok(()) if id == this => {
            let mut response = visit.see_other_with("/", Flash::SignedOut);
            response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.drop_session());
            Ok(response)
        }
        Ok(()) => Ok(visit.see_other_with(PATH, Flash::SessionEnded)),
        Err(StaleTransition) => Err(Problem::NotFound),
    }
}

/// Signs every other browser out.
#[handler]
pub async fn create_all(visit: Member, _form: CheckedForm) -> Result<Response, Problem> {
    let this = visit.visitor().await?.session_id;
    sessions::revoke_others(&visit.site.db, visit.account_id, this).await?;
    Ok(visit.see_other_with(PATH, Flash::OtherSessionsEnded))
}
