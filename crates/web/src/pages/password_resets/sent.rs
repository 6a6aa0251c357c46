//! GET /password-resets/sent

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;

use crate::{admission::Guest, error::Problem, pages::doors, views::Page};

/// Where it is.
pub const PATH: &str = "/password-resets/sent";

/// templates/password_resets/sent.html
#[derive(Debug, Clone, Serialize)]
pub struct Sent {
    email: Option<String>,
}

impl Page for Sent {
    const TEMPLATE: &'static str = "password_resets/sent.html";

    fn title(&self) -> Cow<'_, str> {
        "Look into your inbox".into()
    }

    fn samples() -> Vec<Self> {
        vec![Self { email: None }, Self { email: Some("<mira>@example.org".to_owned()) }]
    }
}

/// Says that a mail is on its way, if the address is known.
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "a handler owns what it asked for")]
pub fn show(visit: Guest) -> Result<Response, Problem> {
    let email = visit.sent_to.as_deref().and_then(doors::email).map(str::to_owned);
    visit.page(&Sent { email })
}
