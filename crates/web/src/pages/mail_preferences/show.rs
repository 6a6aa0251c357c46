//! GET and POST /mail-preferences/{token}

use std::borrow::Cow;

use poem::{FromRequest, Request, RequestBody, Response, Result, handler};
use serde::Serialize;
use shop::accounts;
use uuid::Uuid;

use crate::{admission::Guest, error::Problem, views::Page};

/// templates/mail_preferences/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    /// Whether news are sent.
    news: bool,
}

impl Page for Show {
    const TEMPLATE: &'static str = "mail_preferences/show.html";

    fn title(&self) -> Cow<'_, str> {
        if self.news { "News by mail".into() } else { "No more news by mail".into() }
    }

    fn samples() -> Vec<Self> {
        vec![Self { news: true }, Self { news: false }]
    }
}

/// What names the account in the path. A text that is no token names nothing.
pub struct Token(Uuid);

impl<'a> FromRequest<'a> for Token {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let text = request.raw_path_param("token").unwrap_or_default();
        let token: Uuid = text.parse().map_err(|_| Problem::NotFound)?;
        if token.to_string() == text { Ok(Self(token)) } else { Err(Problem::NotFound.into()) }
    }
}

/// Asks first: scanners of mails follow links.
#[handler]
pub async fn show(visit: Guest, token: Token) -> Result<Response, Problem> {
    let news = accounts::wants_news(&visit.site.db, token.0).await?.ok_or(Problem::NotFound)?;
    visit.page(&Show { news })
}

/// Turns news off. A mail program sends this when its user presses its own button (RFC 8058): it follows no redirect, so that
/// the page is the answer.
#[handler]
pub async fn create(visit: Guest, token: Token) -> Result<Response, Problem> {
    if !accounts::turn_news_off(&visit.site.db, token.0).await? {
        return Err(Problem::NotFound);
    }
    visit.page(&Show { news: false })
}
