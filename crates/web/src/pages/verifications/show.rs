//! GET and POST /verifications/{token}

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    StaleTransition, accounts,
    tokens::{Purpose, Token},
};

use crate::{
    admission::{Guest, Link},
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError},
    pages::{
        doors::{self, WRONG_PASSWORD},
        links::Worn,
        sign_up,
    },
    views::Page,
    visit::Visit,
};

/// templates/verifications/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    email: String,
    asks_password: bool,
    form: ProofForm,
}

#[derive(Debug, Clone, Default, Serialize)]
struct ProofForm {
    errors: Vec<FieldError>,
}

impl Page for Show {
    const TEMPLATE: &'static str = "verifications/show.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Confirm your e-mail address".into()
    }

    fn samples() -> Vec<Self> {
        let email = "<mira>@example.org".to_owned();
        let errors = vec![FieldError::new("password", "Please look at this <again>.")];
        vec![
            Self { email: email.clone(), asks_password: false, form: ProofForm::default() },
            Self { email, asks_password: true, form: ProofForm { errors } },
        ]
    }
}

/// A button: programs that look through mails open links, but press nothing.
#[handler]
pub async fn show(visit: Guest, link: Link) -> Result<Response, Problem> {
    let Some((_, token)) = link.find(&visit, Purpose::VerifyEmail).await? else { return worn(&visit).await };
    let asks_password = !is_owners_browser(&visit, &token).await?;
    visit.page(&Show { email: token.email, asks_password, form: ProofForm::default() })
}

/// Verifies the address and signs in. Who opens the link in a browser that the account does not know gives its password too:
/// else somebody could open an account with the address of another, and have it confirmed by them.
#[handler]
pub async fn create(visit: Guest, link: Link, form: CheckedForm) -> Result<Response, Problem> {
    let Some((hash, token)) = link.find(&visit, Purpose::VerifyEmail).await? else {
        return worn(&visit).await;
    };
    if !is_owners_browser(&visit, &token).await?
        && doors::known_password(&visit, token.account_id, form.text("password")).await?.is_none()
    {
        let errors = vec![FieldError::new("password", WRONG_PASSWORD)];
        let page = Show { email: token.email, asks_password: true, form: ProofForm { errors } };
        return visit.page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let Some(token) =
        accounts::verify(&visit.site.db, &visit.cause, &hash, visit.site.welcome_credits).await?
    else {
        return worn(&visit).await;
    };
    let next = doors::local_path(&token.next);
    let to = next.as_deref().unwrap_or(sign_up::ONWARDS);
    match doors::enter(&visit, token.account_id, None, to).await? {
        Ok(response) => Ok(visit.with_flash(response, Flash::Verified)),
        Err(StaleTransition) => worn(&visit).await,
    }
}

/// Whether the account was opened in this browser, or is signed in here.
async fn is_owners_browser(visit: &Visit, token: &Token) -> Result<bool, Problem> {
    let here = visit.session.map(|session| session.id_hash().to_vec());
    let opened_here = token.browser_hash.is_some() && token.browser_hash == here;
    let visitor = visit.visitor().await?;
    Ok(opened_here || visitor.is_some_and(|visitor| visitor.account_id == token.account_id))
}

async fn worn(visit: &Visit) -> Result<Response, Problem> {
    let worn = match visit.visitor().await? {
        Some(visitor) if visitor.is_verified => {
            Worn::new("Your e-mail address is confirmed already", "There is nothing left to do here.")
                .leads_to("/generations/new", "Create a picture")
        }
        Some(_) => Worn::new(
            "This link cannot be used any more",
            "It was used before, or it is older than two days. We can send you a new one: the button is above.",
        )
        .leads_to("/account", "Go to your account"),
        None => Worn::new(
            "This link cannot be used any more",
            "It was used before, or it is older than two days. If you have confirmed your address, please sign in. If not, have a new link sent to you.",
        )
        .leads_to("/sign-in", "Sign in")
        .or_to("/sign-up/sent", "Send a new link"),
    };
    worn.answer(visit)
}
