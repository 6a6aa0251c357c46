//! What signing up, signing in and proving who one is share.

use std::{future::Future, time::Duration};

use poem::{
    Response,
    http::{HeaderValue, header},
};
use serde::Serialize;
use shop::{
    StaleTransition,
    accounts::{self, EMAIL_MAX},
    carts,
    ids::AccountId,
    second_factors,
    sessions::{self, Browser, Kept, Visitor},
};
use tokio::time::sleep;
use url::form_urlencoded;

use super::second_factor;
use crate::{
    error::Problem,
    forms::FieldError,
    limits, passwords,
    session::SessionValue,
    visit::{Visit, see_other},
};

/// What somebody reads whose address is none.
pub const MALFORMED: &str = "This does not look like an e-mail address. It needs a name, an @ and a domain.";
/// What somebody reads who is signed in and is asked for their password.
pub const WRONG_PASSWORD: &str = "This is not the password of your account. Please try again.";
/// An answer that must not tell whether an address is known takes at least so long, which is more than it takes for either.
const ALIKE: Duration = Duration::from_millis(250);

/// Longest path that one comes back to. It is in the head of an answer, for which proxies leave 4 kB.
const NEXT_MAX: usize = 3_000;
/// Longest path as the address of a door says it, where what was encoded is encoded once more.
const ENCODED_MAX: usize = 3_400;

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

/// Whether a path can be taken along through a door as it is.
pub fn fits(next: &str) -> bool {
    next.len() <= NEXT_MAX && query(next).len() <= ENCODED_MAX
}

/// The address of a door, behind which one goes on to a path. If that is too long, one goes on without its query.
pub fn door(path: &str, next: &str) -> String {
    let next = if fits(next) { next } else { next.split('?').next().unwrap_or_default() };
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
///
/// `checked` is the hash of the password that was given, if one was. If the account moved on while it was checked, nobody is let
/// in.
pub async fn enter(
    visit: &Visit,
    account_id: AccountId,
    checked: Option<&str>,
    to: &str,
) -> Result<Result<Response, StaleTransition>, Problem> {
    let session = SessionValue::fresh();
    let browser = Browser { user_agent: &visit.user_agent, address: &visit.client_address };
    let begun =
        sessions::begin(&visit.site.db, &visit.cause, account_id, &session.id_hash(), browser, checked)
            .await?;
    if let Err(stale) = begun {
        return Ok(Err(stale));
    }
    if let Some(before) = &visit.session {
        sessions::end(&visit.site.db, &before.id_hash()).await?;
    }
    let mut response = if second_factors::is_on(&visit.site.db, account_id).await? {
        see_other(&door(second_factor::PATH, to))
    } else {
        bring_cart(visit, account_id).await?;
        see_other(to)
    };
    response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_session(&session, true));
    Ok(Ok(response))
}

/// Moves what a guest put into the cart into that of the account, in which they are signed in now, and gives the account what they
/// ordered. The cookie stays: orders of others that a letter led to are found by it.
pub async fn bring_cart(visit: &Visit, account_id: AccountId) -> Result<(), Problem> {
    if let Some(cart) = &visit.cart {
        carts::merge(&visit.site.db, &visit.cause, &cart.id_hash(), account_id).await?;
    }
    Ok(())
}

/// Does something that takes longer for an address that is known, so that the clock does not tell which it was.
pub async fn alike<T>(work: impl Future<Output = T>) -> T {
    tokio::join!(work, sleep(ALIKE)).0
}

/// Goes on to a page that says that a mail was sent there.
pub fn sent(visit: &Visit, email: &str, to: &str) -> Response {
    let mut response = see_other(to);
    response.headers_mut().append(header::SET_COOKIE, visit.site.cookies.keep_sent_to(email));
    response
}

/// The hash of an account's password, if this is it.
pub async fn known_password(
    visit: &Visit,
    account_id: AccountId,
    password: &str,
) -> Result<Option<String>, Problem> {
    let subject = account_id.to_string();
    limits::take(visit, &limits::PASSWORD_AGAIN, &subject).await??;
    let hash = accounts::password_hash(&visit.site.db, account_id).await?;
    let right = visit.site.passwords.verify(password.to_owned(), hash.clone()).await?;
    if right {
        limits::forgive(visit, &limits::PASSWORD_AGAIN, &subject).await?;
    }
    Ok(hash.filter(|_| right))
}

/// A password that somebody chose for the account with this address, as its hash, or what is wrong with it.
pub async fn chosen_password(
    visit: &Visit,
    password: &str,
    email: &str,
) -> Result<Result<String, FieldError>, Problem> {
    Ok(match passwords::check(password, email) {
        Ok(()) => Ok(visit.site.passwords.hash(password.to_owned()).await?),
        Err(error) => Err(FieldError::new("password", error.words())),
    })
}

/// The session that goes on while something is changed that gives power over the account, and the cookie with its new value.
pub fn renewed(visit: &Visit, visitor: &Visitor) -> (Kept, HeaderValue) {
    let session = SessionValue::fresh();
    let kept = Kept { session_id: visitor.session_id, id_hash: session.id_hash() };
    (kept, visit.site.cookies.keep_session(&session, true))
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
