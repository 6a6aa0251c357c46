//! How often something may be done: every rule of the pages, with its numbers and its reason. docs/security.md shows them as
//! a table. They are kept in Postgres (`shop::throttles`), so that all web processes count together.
//!
//! A page whose form would be lost shows it again with [`TooOften::page`]; any other asks with
//! `limits::take(&visit, &limits::RESET, email).await??;`.

use std::time::Duration;

use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};
use shop::throttles::{self, Limit};

use crate::{error::Problem, forms::FieldError, views::Page, visit::Visit};

/// What is counted when something is done.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// For whoever it is done to: an address, known or not, or an account's id.
    pub subject: Option<Limit>,
    /// For the network it comes from.
    pub network: Option<Limit>,
}

const fn limit(rule: &'static str, burst: u32, seconds: u64) -> Limit {
    Limit { rule, burst, every: Duration::from_secs(seconds) }
}

/// Mails that anybody can have sent to any address: so many that a person who waits for one can ask again, and too few to
/// fill somebody's mailbox. Each kind counts by itself: a stranger who uses up the tries for one of them does not keep the
/// address' owner from another.
const fn mailbox(rule: &'static str) -> Limit {
    limit(rule, 5, 600)
}
/// The same for whoever has them sent.
const MAILER: Limit = limit("mail.network", 20, 60);

/// Asking for a password at the door. Ten tries are plenty for somebody who mistypes; afterwards 180 an hour do not guess a
/// password that is not among the common ones. An office behind one address signs in together on a Monday. Being right gives
/// the address its tries back.
pub const SIGN_IN: Rules =
    Rules { subject: Some(limit("sign_in.address", 10, 20)), network: Some(limit("sign_in.network", 30, 2)) };
/// The same in a browser in which somebody signed in with this address before, counted for the browser: strangers who use up
/// the address' tries do not keep its owner out.
pub const SIGN_IN_AGAIN: Rules =
    Rules { subject: Some(limit("sign_in.browser", 10, 20)), network: SIGN_IN.network };
/// Asking somebody who is signed in for their password once more, counted for the account: whoever found a browser that was
/// left open does not guess it.
pub const PASSWORD_AGAIN: Rules =
    Rules { subject: Some(limit("password_again.account", 10, 20)), network: None };
/// Opening accounts, each of which sends a mail: a class of pupils can, a script that wants thousands cannot.
pub const SIGN_UP: Rules =
    Rules { subject: Some(mailbox("sign_up.address")), network: Some(limit("sign_up.network", 20, 60)) };
/// Asking for a link to choose a new password.
pub const RESET: Rules = Rules { subject: Some(mailbox("reset.address")), network: Some(MAILER) };
/// Asking for a link that proves an address, again or for another one.
pub const VERIFICATION: Rules =
    Rules { subject: Some(mailbox("verification.address")), network: Some(MAILER) };
/// Asking for a link to an order.
pub const ORDER_LOOKUP: Rules =
    Rules { subject: Some(mailbox("order_lookup.address")), network: Some(MAILER) };
/// One-time codes, counted for the account. Three of a million are right at any time: with twelve tries an hour, guessing
/// takes years on average, for somebody who has the password already. Ten at once are two sessions' worth of typos.
pub const SECOND_FACTOR: Rules =
    Rules { subject: Some(limit("second_factor.account", 10, 300)), network: None };
/// Asking for pictures, counted for the account: each costs money. An afternoon of trying things out fits in.
pub const GENERATION: Rules = Rules {
    subject: Some(limit("generation.account", 30, 20)),
    network: Some(limit("generation.network", 120, 5)),
};
/// Bringing pictures along, counted for the account when a file begins to come: opening one takes a second of a core, and one
/// that is broken off held a place.
pub const UPLOAD: Rules = Rules { subject: Some(limit("upload.account", 20, 90)), network: None };
/// Searching the gallery, which anybody may: each search reads an index in several places.
pub const SEARCH: Rules = Rules { subject: None, network: Some(limit("search.network", 60, 1)) };
/// Hearts, counted for the account: an evening in the gallery fits in, making a picture the most loved one does not.
pub const LOVE: Rules = Rules { subject: Some(limit("love.account", 60, 5)), network: None };
/// Reports, each of which somebody of the shop reads.
pub const REPORT: Rules =
    Rules { subject: Some(limit("report.account", 10, 300)), network: Some(limit("report.network", 30, 60)) };
/// Putting things into a cart, which anybody may: each may make a row. An office that orders for everybody on one day can.
pub const CART: Rules = Rules { subject: None, network: Some(limit("cart.network", 120, 2)) };
/// Trying codes of coupons, which anybody may: nobody guesses one that is not among the obvious words.
pub const COUPON: Rules = Rules { subject: None, network: Some(limit("coupon.network", 20, 30)) };
/// Pressing the button that orders: each press may ask the payment provider for a page. Somebody who changes their mind ten times
/// in a row still gets what they want; so does an office that orders for everybody.
pub const ORDER: Rules =
    Rules { subject: Some(limit("order.buyer", 20, 30)), network: Some(limit("order.network", 60, 10)) };

/// Having mock-ups drawn that nobody wanted before, each of which takes a second of a core, counted for the account or the
/// browser: trying all sizes and colours of all things with a picture fits in, letting a script fill the line does not.
pub const MOCKUP: Rules =
    Rules { subject: Some(limit("mockup.visitor", 60, 10)), network: Some(limit("mockup.network", 120, 5)) };

/// All of them, by what they are for.
pub const ALL: [(&str, Rules); 17] = [
    ("sign-in", SIGN_IN),
    ("sign-in in a known browser", SIGN_IN_AGAIN),
    ("password asked again", PASSWORD_AGAIN),
    ("sign-up", SIGN_UP),
    ("password reset", RESET),
    ("verification", VERIFICATION),
    ("order link", ORDER_LOOKUP),
    ("one-time code", SECOND_FACTOR),
    ("generation", GENERATION),
    ("upload", UPLOAD),
    ("search", SEARCH),
    ("love", LOVE),
    ("report", REPORT),
    ("cart", CART),
    ("coupon", COUPON),
    ("order", ORDER),
    ("mock-up", MOCKUP),
];

/// It was done too often for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooOften {
    /// In so many seconds it may be done again.
    pub seconds: u64,
}

/// Counts one more. The network comes first: somebody who is stopped there uses up nothing of the account they are after.
pub async fn take(visit: &Visit, rules: &Rules, subject: &str) -> Result<Result<(), TooOften>, Problem> {
    let network = rules.network.map(|limit| (limit, visit.network()));
    let subject = rules.subject.map(|limit| (limit, trimmed(subject)));
    for (limit, counted) in network.into_iter().chain(subject) {
        if let Err(wait) = throttles::take(&visit.site.db, visit.at(), limit, &counted).await? {
            tracing::info!(rule = limit.rule, request_id = %visit.request_id, "done too often");
            return Ok(Err(TooOften::from(wait)));
        }
    }
    Ok(Ok(()))
}

/// [`take`] for the door: one more for the browser, if it is known, and else for the address.
pub async fn take_sign_in(visit: &Visit, email: &str) -> Result<Result<(), TooOften>, Problem> {
    match known_browser(visit, email) {
        Some(name) => take(visit, &SIGN_IN_AGAIN, name).await,
        None => take(visit, &SIGN_IN, email).await,
    }
}

/// [`forgive`] for the door. The browser is known from now on, by the cookie that is returned if it was not.
pub async fn forgive_sign_in(visit: &Visit, email: &str) -> Result<Option<HeaderValue>, Problem> {
    if let Some(name) = known_browser(visit, email) {
        forgive(visit, &SIGN_IN_AGAIN, name).await?;
        return Ok(None);
    }
    forgive(visit, &SIGN_IN, email).await?;
    let proof = visit.site.known_browsers.proof(&trimmed(email).to_ascii_lowercase());
    Ok(Some(visit.site.cookies.keep_known_browser(&proof)))
}

fn known_browser<'v>(visit: &'v Visit, email: &str) -> Option<&'v str> {
    visit.site.known_browsers.name(visit.known_browser.as_deref()?, &trimmed(email).to_ascii_lowercase())
}

/// Gives a subject everything back; its network not, which may be after other subjects.
pub async fn forgive(visit: &Visit, rules: &Rules, subject: &str) -> Result<(), Problem> {
    if let Some(limit) = rules.subject {
        throttles::forgive(&visit.site.db, limit, &trimmed(subject)).await?;
    }
    Ok(())
}

/// The same address, however it was typed. Capitals are left to `throttles`, which folds them as accounts are found; Postgres
/// knows no NUL.
fn trimmed(subject: &str) -> String {
    subject.trim().replace('\0', "")
}

impl TooOften {
    /// What its visitor reads: how long to wait, in whole minutes if it is more than two of them.
    pub fn words(self) -> String {
        let when = match self.seconds {
            1 => "in a second".to_owned(),
            seconds @ ..=120 => format!("in {seconds} seconds"),
            seconds => format!("in {} minutes", seconds.div_ceil(60)),
        };
        format!("That was tried very often just now. Nothing is lost: please try again {when}.")
    }

    /// The page that was sent, with what was typed and [`TooOften::error`] in it.
    pub fn page<P: Page>(self, visit: &Visit, page: &P) -> Result<Response, Problem> {
        let mut response = visit.page_with(StatusCode::TOO_MANY_REQUESTS, page)?;
        response.headers_mut().insert(header::RETRY_AFTER, self.retry_after());
        Ok(response)
    }

    /// For the summary of a form.
    pub fn error(self) -> FieldError {
        FieldError::new("", self.words())
    }

    /// For programs.
    pub fn retry_after(self) -> HeaderValue {
        self.seconds.into()
    }
}

impl From<Duration> for TooOften {
    fn from(wait: Duration) -> Self {
        // Rounded up: whoever comes back at that very second is let in.
        Self { seconds: (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1) }
    }
}

impl From<TooOften> for Problem {
    fn from(too_often: TooOften) -> Self {
        Self::TooOften(too_often)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_told_in_whole_words() {
        for (wait, words) in [
            (Duration::ZERO, "again in a second."),
            (Duration::from_millis(1_001), "again in 2 seconds."),
            (Duration::from_mins(2), "again in 120 seconds."),
            (Duration::from_secs(121), "again in 3 minutes."),
        ] {
            let text = TooOften::from(wait).words();
            assert!(text.ends_with(words), "{text}");
        }
    }

    #[test]
    fn an_address_is_one_subject_however_it_is_typed() {
        assert_eq!(trimmed(" Mira@Example.ORG "), "Mira@Example.ORG");
    }
}
