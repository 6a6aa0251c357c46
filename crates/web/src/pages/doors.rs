//! What signing up and signing in share.

use poem::{Response, http::header};
use serde::Serialize;
use shop::{
    accounts::EMAIL_MAX,
    ids::AccountId,
    second_factors,
    sessions::{self, Browser},
};
use url::form_urlencoded;

use super::second_factor;
use crate::{
    error::Problem,
    forms::FieldError,
    session::SessionValue,
    visit::{Visit, see_other},
};

/// Longest path that one comes back to. It is in the head of an answer, for which proxies leave 4 kB: nearly every sentence
/// that somebody took along fits in.
const NEXT_MAX: usize = 2_000;

/// `form` in templates/sign_up.html and templates/sign_in.html
#[derive(Debug, Clone, Default, Serialize)]
pub struct DoorForm {
    /// As it was typed.
    pub email: String,
    /// The path to go on to, or nothing.
    pub next: String,
    /// The query that takes `next` along to the other door, or nothing.
    pub next_query: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

impl DoorForm {
    /// With what was typed.
    pub fn new(email: &str, next: Option<String>, errors: Vec<FieldError>) -> Self {
        let next_query = next.as_deref().map(query).unwrap_or_default();
        Self { email: email.to_owned(), next: next.unwrap_or_default(), next_query, errors }
    }

    /// One that is empty, one with everything wrong.
    pub fn samples() -> Vec<Self> {
        let errors =
            ["email", "password", ""].map(|field| FieldError::new(field, "Please look at this <again>."));
        vec![
            Self::default(),
            Self::new("\"mira\"@", Some("/generations/new?prompt=a&b".to_owned()), errors.to_vec()),
        ]
    }
}

/// An address as we keep it, if it has the form of one. Whether mail arrives there is another question.
pub fn email(text: &str) -> Option<&str> {
    let email = text.trim();
    let (name, domain) = email.rsplit_once('@')?;
    let clean = !email.chars().any(|c| c.is_whitespace() || c.is_control());
    (clean && !name.is_empty() && !domain.is_empty() && email.chars().count() <= EMAIL_MAX).then_some(email)
}

/// A path on this very site. `//evil.example`, `/\evil.example` and what a browser would make into one of them are none.
pub fn local_path(text: &str) -> Option<String> {
    let mut chars = text.chars();
    let local = chars.next() == Some('/') && !matches!(chars.next(), Some('/' | '\\'));
    (local && text.len() <= NEXT_MAX && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

/// The address of a door, behind which one goes on to a path. If that is too long, one goes on without its query.
pub fn door(path: &str, next: &str) -> String {
    let next = if next.len() <= NEXT_MAX { next } else { next.split('?').next().unwrap_or_default() };
    format!("{path}{}", query(next))
}

/// `?next=…`
fn query(next: &str) -> String {
    format!("?next={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>())
}

/// What somebody reads whose account staff shut. They gave the right password: it is theirs.
pub const CLOSED: &str = "This account is closed. If you think that this is a mistake, please write to us.";

/// Begins a session under a value that no browser had before, ends the one that was there, and goes on: past
/// the page that asks for a one-time code, if the account has them.
pub async fn enter(visit: &Visit, account_id: AccountId, to: &str) -> Result<Response, Problem> {
    if let Some(before) = &visit.session {
        sessions::end(&visit.site.db, &before.id_hash()).await?;
    }
    let session = SessionValue::fresh();
    let browser = Browser { user_agent: &visit.user_agent, address: &visit.client_address };
    sessions::begin(&visit.site.db, &visit.cause, account_id, &session.id_hash(), browser).await?;
    let mut response = if second_factors::is_on(&visit.site.db, account_id).await? {
        see_other(&door(second_factor::PATH, to))
    } else {
        see_other(to)
    };
    response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_session(&session, true));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_of_this_site_are_gone_to() {
        for path in ["/", "/generations/new?prompt=a%20b", "/images/1#top"] {
            assert_eq!(local_path(path).as_deref(), Some(path));
        }
        for trap in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "evil",
            "/\t/evil.example",
            "/\n//x",
            "\\\\evil",
        ] {
            assert_eq!(local_path(trap), None, "{trap:?}");
        }
    }

    #[test]
    fn a_long_way_back_is_cut_at_its_query() {
        assert_eq!(door("/sign-in", "/images/1"), "/sign-in?next=%2Fimages%2F1");
        let sentence = format!("/generations/new?prompt={}", "x".repeat(NEXT_MAX));
        assert_eq!(door("/sign-in", &sentence), "/sign-in?next=%2Fgenerations%2Fnew");
    }

    #[test]
    fn addresses_are_looked_at_and_not_judged() {
        for good in ["a@b", "mira.okafor+print@example.org", "ü@пример.рф"] {
            assert_eq!(email(&format!(" {good} ")), Some(good));
        }
        for bad in ["", "mira", "@example.org", "mira@", "mi ra@example.org", "mira\0@example.org"] {
            assert_eq!(email(bad), None, "{bad:?}");
        }
        assert_eq!(email(&format!("{}@example.org", "x".repeat(EMAIL_MAX))), None);
    }
}
