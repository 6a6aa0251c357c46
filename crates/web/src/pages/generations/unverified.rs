//! What somebody sees who asks for a picture before their address is verified.

use std::borrow::Cow;

use poem::{Response, http::StatusCode};
use serde::Serialize;

use super::new::with_sentence;
use crate::{error::Problem, views::Page, visit::Visit};

/// templates/generations/unverified.html
#[derive(Debug, Clone, Serialize)]
pub struct Unverified {
    email: String,
    prompt: String,
    next: String,
}

impl Page for Unverified {
    const TEMPLATE: &'static str = "generations/unverified.html";

    fn title(&self) -> Cow<'_, str> {
        "One step before we draw".into()
    }

    fn samples() -> Vec<Self> {
        let prompt = "A \"quoted\" <b>fox".to_owned();
        vec![Self { email: "<mira>@example.org".to_owned(), next: with_sentence(&prompt), prompt }]
    }
}

/// Keeps the sentence, and offers the link that takes one back to it.
pub fn answer(visit: &Visit, prompt: &str) -> Result<Response, Problem> {
    let email = visit.known_visitor().map(|visitor| visitor.email.clone()).unwrap_or_default();
    let page = Unverified { email, prompt: prompt.to_owned(), next: with_sentence(prompt) };
    visit.page_with(StatusCode::FORBIDDEN, &page)
}
