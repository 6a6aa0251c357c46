//! GET and POST /email-changes/{token}

use std::borrow::Cow;

use poem::{Response, handler, http::header};
use serde::Serialize;
use shop::{
    accounts::{self, ConfirmError},
    tokens::Purpose,
};

use super::{doors, links::Worn, sign_in};
use crate::{
    admission::{Guest, Link},
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    views::Page,
    visit::Visit,
};

/// templates/email_changes/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    old_email: String,
    new_email: String,
}

impl Page for Show {
    const TEMPLATE: &'static str = "email_changes/show.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Confirm your new e-mail address".into()
    }

    fn samples() -> Vec<Self> {
        vec![Self { old_email: "<mira>@example.org".to_owned(), new_email: "<mira>@example.com".to_owned() }]
    }
}

/// A button, for who is signed in.
#[handler]
pub async fn show(visit: Guest, link: Link) -> Result<Response, Problem> {
    let Some((_, token)) = link.find(&visit, Purpose::ConfirmNewEmail).await? else { return worn(&visit) };
    match visit.visitor().await? {
        Some(visitor) if visitor.account_id == token.account_id => {
            visit.page(&Show { old_email: visitor.email.clone(), new_email: token.email })
        }
        _ => not_theirs(&visit),
    }
}

/// Moves the account to the address.
#[handler]
pub async fn create(visit: Guest, link: Link, _form: CheckedForm) -> Result<Response, Problem> {
    let Some((hash, token)) = link.find(&visit, Purpose::ConfirmNewEmail).await? else { return worn(&visit) };
    let visitor = visit.visitor().await?.filter(|visitor| visitor.account_id == token.account_id);
    let Some(visitor) = visitor else { return not_theirs(&visit) };
    let (kept, cookie) = doors::renewed(&visit, visitor);
    match accounts::confirm_email(&visit.site.db, &visit.cause, visitor.account_id, &kept, &hash, visit.site.welcome_credits).await {
        Ok(()) => {
            let mut response = visit.see_other_with("/account", Flash::EmailChanged);
            response.headers_mut().append(header::SET_COOKIE, cookie);
            Ok(response)
        }
        Err(ConfirmError::Spent) => worn(&visit),
        Err(ConfirmError::EmailTaken) => Worn::new(
            "This address has an account of its own by now",
            "Somebody opened an account with this e-mail address after you asked for the link. Your account keeps the address that it has.",
        )
        .leads_to("/account/email", "Use another address")
        .answer(&visit),
        Err(ConfirmError::Database(error)) => Err(error.into()),
    }
}

/// Nothing happens to an account but by who is signed in to it: a link that went to a mistyped address gives a stranger nothing.
fn not_theirs(visit: &Visit) -> Result<Response, Problem> {
    if visit.account_id().is_none() {
        return Err(Problem::SignInFirst(visit.path.clone()));
    }
    Worn::new(
        "This link belongs to another account",
        "You are signed in to a different account than the one that asked for this link. Please sign out, sign in to the other one, and open the link again. Nothing was changed.",
    )
    .leads_to("/account", "Go to your account")
    .answer(visit)
}

fn worn(visit: &Visit) -> Result<Response, Problem> {
    let worn = Worn::new(
        "This link cannot be used any more",
        "It was used before, or it is older than a day. Your account has the address that it says on its page. You can ask for a new link there.",
    );
    match visit.account_id() {
        Some(_) => worn.leads_to("/account/email", "Go to your address"),
        None => worn.leads_to(doors::door(sign_in::PATH, "/account/email"), "Sign in"),
    }
    .answer(visit)
}
