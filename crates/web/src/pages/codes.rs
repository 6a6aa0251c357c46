//! What pages share that ask for a one-time code or, where there is none, for the password once more.

use std::time::Duration;

use poem::{
    Response,
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;
use shop::{
    StaleTransition,
    second_factors::{self, Proof},
    sessions::{self, Visitor},
    throttles::{self, Limit},
};

use super::{doors, sign_in};
use crate::{error::Problem, flash::Flash, forms::FieldError, one_time_codes, visit::Visit};

/// Guesses at an account's codes or, when it is asked for again, its password, in all its sessions together.
pub const GUESSES: Limit = Limit { rule: "one_time_code", burst: 10, every: Duration::from_mins(1) };
/// What somebody reads whose code is wrong, or right and used already: one does not learn which.
const WRONG: &str =
    "This code is not right, or was used already. Please wait for the next one, or give a recovery code.";
const WAIT: &str = "There were too many attempts just now. Please wait a minute, then try again.";

/// `form` in the templates that ask for a code.
#[derive(Debug, Clone, Default, Serialize)]
pub struct CodeForm {
    /// The path to go on to, or nothing.
    pub next: String,
    /// What is wrong.
    pub errors: Vec<FieldError>,
}

impl CodeForm {
    /// One that is empty, one with everything wrong.
    pub fn samples() -> Vec<Self> {
        let errors =
            ["code", "password"].map(|field| FieldError::new(field, "Please look at this <again>.")).to_vec();
        vec![Self::default(), Self { next: "/admin?a&b".to_owned(), errors }]
    }
}

/// What came of a code.
pub enum Outcome {
    /// It was right, and is used up.
    Right(Proof),
    /// It was not, or there were too many just now: what to say at the field, and the answer's status.
    Refused(FieldError, StatusCode),
    /// It was wrong once too often: the session is over, and this is the answer.
    Over(Response),
}

/// Looks at a code. If it is one of the account's, `spend` uses it up for what it is given for.
pub async fn look_at<S>(visit: &Visit, visitor: &Visitor, typed: &str, spend: S) -> Result<Outcome, Problem>
where
    S: AsyncFnOnce(Proof) -> Result<Result<(), StaleTransition>, Problem>,
{
    let db = &visit.site.db;
    if let Some(refused) = throttled(visit, visitor, "code").await? {
        return Ok(refused);
    }
    let Ok(left) = second_factors::take_try(db, visitor.session_id).await? else { return over(visit).await };
    let proof = match second_factors::find(db, visitor.account_id).await? {
        Some(factor) => {
            one_time_codes::proof(&visit.site.data_key, visitor.account_id, &factor, typed, visit.at())
                .map_err(Problem::Broken)?
        }
        None => None,
    };
    if let Some(proof) = proof
        && spend(proof).await?.is_ok()
    {
        throttles::forgive(db, GUESSES, &visitor.account_id.to_string()).await?;
        return Ok(Outcome::Right(proof));
    }
    if left == 0 {
        return over(visit).await;
    }
    Ok(Outcome::Refused(FieldError::new("code", WRONG), StatusCode::UNPROCESSABLE_ENTITY))
}

/// Takes a guess of the account's; what to answer if there is none left just now.
pub async fn throttled(
    visit: &Visit,
    visitor: &Visitor,
    field: &'static str,
) -> Result<Option<Outcome>, Problem> {
    let subject = visitor.account_id.to_string();
    let taken = throttles::take(&visit.site.db, visit.at(), GUESSES, &subject).await?;
    let refused = || Outcome::Refused(FieldError::new(field, WAIT), StatusCode::TOO_MANY_REQUESTS);
    Ok(taken.is_err().then(refused))
}

/// Tells clients that are too fast when to come back.
pub fn with_retry_after(mut answer: Response) -> Response {
    if answer.status() == StatusCode::TOO_MANY_REQUESTS {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(GUESSES.every.as_secs()));
    }
    answer
}

async fn over(visit: &Visit) -> Result<Outcome, Problem> {
    if let Some(session) = &visit.session {
        sessions::end(&visit.site.db, &session.id_hash()).await?;
    }
    let mut answer = visit.see_other_with(sign_in::PATH, Flash::TooManyCodes);
    answer.headers_mut().append(header::SET_COOKIE, visit.site.cookies.drop_session());
    Ok(Outcome::Over(answer))
}

/// The path that a form or an address names to go on to, if it is one of ours.
pub fn next(text: &str) -> String {
    doors::local_path(text).unwrap_or_default()
}
