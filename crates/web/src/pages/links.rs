//! What somebody sees who follows a link in a mail that is not good any more.

use std::borrow::Cow;

use poem::{Response, http::StatusCode};
use serde::Serialize;

use crate::{error::Problem, views::Page, visit::Visit};

/// templates/errors/link.html
#[derive(Debug, Clone, Serialize)]
pub struct Worn {
    title: &'static str,
    text: &'static str,
    ways: Vec<Way>,
}

/// A way on.
#[derive(Debug, Clone, Serialize)]
struct Way {
    href: Cow<'static, str>,
    label: &'static str,
}

impl Worn {
    /// What happened, and what to do.
    pub fn new(title: &'static str, text: &'static str) -> Self {
        Self { title, text, ways: vec![] }
    }

    /// The best way on.
    #[must_use]
    pub fn leads_to(mut self, href: impl Into<Cow<'static, str>>, label: &'static str) -> Self {
        self.ways.push(Way { href: href.into(), label });
        self
    }

    /// Another way on.
    #[must_use]
    pub fn or_to(self, href: &'static str, label: &'static str) -> Self {
        self.leads_to(href, label)
    }

    /// As the answer.
    pub fn answer(&self, visit: &Visit) -> Result<Response, Problem> {
        visit.page_with(StatusCode::GONE, self)
    }
}

impl Page for Worn {
    const TEMPLATE: &'static str = "errors/link.html";

    fn title(&self) -> Cow<'_, str> {
        self.title.into()
    }

    fn samples() -> Vec<Self> {
        vec![
            Self::new("This link cannot be used any more", "It was used before.")
                .leads_to("/sign-in", "Sign in"),
            Self::new("This link cannot be used any more", "It ran out.")
                .leads_to("/sign-in?next=\"><script>alert(1)", "Sign in")
                .or_to("/sign-up/sent", "Send a new link"),
        ]
    }
}
