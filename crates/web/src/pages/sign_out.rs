//! POST /sign-out

use poem::{Response, handler, http::header};
use shop::sessions;

use crate::{admission::Guest, error::Problem, flash::Flash};

/// Ends the session, here and in the browser.
#[handler]
pub async fn create(visit: Guest) -> Result<Response, Problem> {
    if let Some(session) = &visit.session {
        sessions::end(&visit.site.db, &session.id_hash()).await?;
    }
    let mut response = visit.see_other_with("/", Flash::SignedOut);
    response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.drop_session());
    Ok(response)
}
