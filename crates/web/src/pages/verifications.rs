//! POST /verifications: the link that proves an address, once more.

pub mod show;

use poem::{Response, handler, http::StatusCode};
use shop::accounts;

use super::{
    doors::{self, MALFORMED},
    sign_up::sent,
};
use crate::{
    admission::Guest,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
};

/// Has the link sent again: to whoever is signed in, else to the address in the form. Whether that is known is not told.
#[handler]
pub async fn create(visit: Guest, form: CheckedForm) -> Result<Response, Problem> {
    let next = doors::local_path(form.text("next"));
    let browser = visit.session.map(|session| session.id_hash());
    let send = async |email: &str| {
        let next = next.as_deref().unwrap_or_default();
        accounts::send_verification(&visit.site.db, &visit.cause, email, next, browser.as_ref()).await
    };
    if let Some(visitor) = visit.visitor().await? {
        let to = next.as_deref().unwrap_or("/account");
        if visitor.is_verified {
            return Ok(visit.see_other_with(to, Flash::NothingToDo));
        }
        send(&visitor.email).await?;
        return Ok(visit.see_other_with(to, Flash::VerificationSent));
    }
    let Some(email) = doors::email(form.text("email")) else {
        let error = FieldError::new("email", MALFORMED);
        return visit.page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &sent::Sent::new(form.text("email"), next, vec![error]),
        );
    };
    doors::alike(send(email)).await?;
    let page = next.as_deref().map_or(sent::PATH.to_owned(), |next| doors::door(sent::PATH, next));
    Ok(visit.with_flash(doors::sent(&visit, email, &page), Flash::VerificationSent))
}
