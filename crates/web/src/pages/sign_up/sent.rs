//! GET /sign-up/sent

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;

use crate::{
    admission::Guest,
    error::Problem,
    forms::FieldError,
    pages::doors::{self, DoorForm},
    views::Page,
    visit::see_other,
};

/// Where it is.
pub const PATH: &str = "/sign-up/sent";

/// templates/sign_up/sent.html
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    form: DoorForm,
}

impl Sent {
    /// With an address to send the link to again.
    pub fn new(email: &str, next: Option<String>, errors: Vec<FieldError>) -> Self {
        Self { form: DoorForm::new(email, next, errors) }
    }
}

impl Page for Sent {
    const TEMPLATE: &'static str = "sign_up/sent.html";
    const HAS_FORM: bool = true;

    fn title(&self) -> Cow<'_, str> {
        "Look into your inbox".into()
    }

    fn samples() -> Vec<Self> {
        DoorForm::samples().into_iter().map(|form| Self { form }).collect()
    }
}

/// Says that a mail is on its way, whether the address was known or not, and offers another one.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let next = visit.query("next").and_then(|next| doors::local_path(&next));
    if visit.visitor().await?.is_some_and(|visitor| visitor.is_verified) {
        return Ok(see_other(next.as_deref().unwrap_or(super::ONWARDS)));
    }
    let email = visit.sent_to.as_deref().and_then(doors::email).unwrap_or_default();
    visit.page(&Sent::new(email, next, vec![]))
}
