//! What somebody sees whose address must be verified before they do something.

use std::borrow::Cow;

use poem::{Response, http::StatusCode};
use serde::Serialize;

use crate::{error::Problem, views::Page, visit::Visit};

/// templates/unverified.html
#[derive(Debug, Clone, Serialize)]
pub struct Unverified {
    email: String,
    /// What they asked for pictures of, if that is what they did.
    prompt: Option<String>,
    /// Where they go on, with everything that they had chosen.
    next: String,
}

impl Page for Unverified {
    const TEMPLATE: &'static str = "unverified.html";

    fn title(&self) -> Cow<'_, str> {
        if self.prompt.is_some() { "One step before we draw".into() } else { "One step first".into() }
    }

    fn samples() -> Vec<Self> {
        let sample = |prompt: Option<&str>, next: &str| Self {
            email: "<mira>@example.org".to_owned(),
            prompt: prompt.map(str::to_owned),
            next: next.to_owned(),
        };
        vec![
            sample(Some("A \"quoted\" <b>fox"), "/generations/new?prompt=a&style=linocut"),
            sample(None, "/gallery/a-fox-0123456789abcdef"),
        ]
    }
}

/// Keeps the sentence, if there is one, and offers the link that takes one back to where one was.
pub fn answer(visit: &Visit, prompt: Option<&str>, next: String) -> Result<Response, Problem> {
    let email = visit.known_visitor().map(|visitor| visitor.email.clone()).unwrap_or_default();
    let page = Unverified { email, prompt: prompt.map(str::to_owned), next };
    visit.page_with(StatusCode::FORBIDDEN, &page)
}
