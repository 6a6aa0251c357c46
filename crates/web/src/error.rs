//! What can go wrong with a request, and the page that says so. What a customer reads is written here, whole; what the
//! database or a library said goes to the log.

use std::borrow::Cow;

use poem::{
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use serde::Serialize;
use sqlx::error::DatabaseError;

use crate::{
    limits::TooOften,
    pages::{account::second_factor, confirmation, doors, sign_in},
    views::Page,
    visit::{Visit, see_other},
};

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Nothing is there, or nothing that this visitor may see.
    #[error("nothing here for this visitor")]
    NotFound,
    /// The address exists, but not for this method.
    #[error("method not allowed, but {0}")]
    MethodNotAllowed(&'static str),
    /// Another site's page sent it.
    #[error("sent from another site")]
    Foreign,
    /// The form is not one that we made for this session.
    #[error("the form's token does not belong to the session")]
    StaleForm,
    /// The body is longer than any form of ours.
    #[error("the body is too large")]
    TooLarge,
    /// The body is no form.
    #[error("the body is not an URL-encoded form")]
    NotAForm,
    /// The form is not text.
    #[error("the form cannot be read")]
    Unreadable,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// One must be signed in; afterwards one goes on at the path.
    #[error("not signed in")]
    SignInFirst(String),
    /// One must be signed in, and the request is none that a browser could repeat by itself.
    #[error("not signed in any more")]
    SignedOut,
    /// Staff work with one-time codes only, and this account has none yet.
    #[error("one-time codes are not set up")]
    SecondFactorFirst,
    /// One must prove again to be there; afterwards one goes on at the path.
    #[error("a fresh proof of being there is needed")]
    ConfirmFirst(String),
    /// Too many at once.
    #[error("too many at once")]
    Busy,
    /// This visitor, or somebody else in their name, did it too often.
    #[error("done too often")]
    TooOften(TooOften),
    /// The database is out of reach, or has too much to do.
    #[error("the database does not answer: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// Our mistake.
    #[error("{0:#}")]
    Broken(anyhow::Error),
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error::{Io, PoolClosed, PoolTimedOut, Tls};
        // 57014 query_canceled: the statement took longer than it may.
        let too_long = error.as_database_error().and_then(DatabaseError::code).as_deref() == Some("57014");
        if too_long || matches!(error, Io(_) | PoolClosed | PoolTimedOut | Tls(_)) {
            Self::Unavailable(error)
        } else {
            Self::Broken(error.into())
        }
    }
}

impl From<tera::Error> for Problem {
    fn from(error: tera::Error) -> Self {
        Self::Broken(anyhow::Error::new(error).context("a template failed"))
    }
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::Foreign | Self::StaleForm => StatusCode::FORBIDDEN,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotAForm => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Unreadable => StatusCode::BAD_REQUEST,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::SignInFirst(_) | Self::SecondFactorFirst | Self::ConfirmFirst(_) => StatusCode::SEE_OTHER,
            Self::SignedOut => StatusCode::UNAUTHORIZED,
            Self::TooOften(_) => StatusCode::TOO_MANY_REQUESTS,
            Self::Busy | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Broken(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// templates/errors/error.html
#[derive(Debug, Clone, Serialize)]
pub struct ErrorPage {
    error: Described,
}

#[derive(Debug, Clone, Serialize)]
struct Described {
    status: u16,
    title: &'static str,
    text: Cow<'static, str>,
    request_id: String,
    action: Action,
}

#[derive(Debug, Clone, Serialize)]
struct Action {
    href: Cow<'static, str>,
    label: &'static str,
}

impl Page for ErrorPage {
    const TEMPLATE: &'static str = "errors/error.html";

    fn title(&self) -> Cow<'_, str> {
        self.error.title.into()
    }

    fn samples() -> Vec<Self> {
        let problems = [
            Problem::NotFound,
            Problem::StaleForm,
            Problem::TooLarge,
            Problem::Busy,
            Problem::TooOften(TooOften { seconds: 20 }),
            Problem::Broken(anyhow::anyhow!("a secret of the database")),
        ];
        problems.iter().map(|problem| describe(problem, "0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11")).collect()
    }
}

/// The page for a problem.
pub fn describe(problem: &Problem, request_id: &str) -> ErrorPage {
    let (title, text) = words(problem);
    let (href, label) = match problem {
        Problem::NotFound => ("/gallery", "Go to the gallery"),
        Problem::SignInFirst(_) | Problem::SignedOut => (sign_in::PATH, "Sign in"),
        Problem::SecondFactorFirst => (second_factor::PATH, "Set up one-time codes"),
        Problem::ConfirmFirst(_) => (confirmation::PATH, "Confirm that it is you"),
        Problem::MethodNotAllowed(_)
        | Problem::Foreign
        | Problem::StaleForm
        | Problem::TooLarge
        | Problem::NotAForm
        | Problem::Unreadable
        | Problem::TooSlow
        | Problem::Busy
        | Problem::TooOften(_)
        | Problem::Unavailable(_)
        | Problem::Broken(_) => ("/", "Go to the first page"),
    };
    ErrorPage {
        error: Described {
            status: problem.status().as_u16(),
            title,
            text,
            request_id: request_id.to_owned(),
            action: Action { href: href.into(), label },
        },
    }
}

/// What a visitor reads: what happened, what became of their work, what to do.
fn words(problem: &Problem) -> (&'static str, Cow<'static, str>) {
    let (title, text) = match problem {
        Problem::TooOften(too_often) => return ("A little slower, please", too_often.words().into()),
        Problem::NotFound => {
            ("There is nothing here", "Perhaps it was taken down, or the link lost a letter on its way.")
        }
        Problem::MethodNotAllowed(_) => (
            "This address cannot be used like that",
            "The page exists, but not for what was sent to it. Please start again from the first page.",
        ),
        Problem::Foreign => (
            "This did not come from our page",
            "A page of another site tried to change something here. Nothing was changed.",
        ),
        Problem::StaleForm => (
            "This page was open for too long",
            "We could not be sure that the form was yours, so nothing was changed. Please open the page again and repeat the last step.",
        ),
        Problem::TooLarge => (
            "That was too much at once",
            "What you sent is larger than any form of ours. Nothing was changed. Please shorten it and try again.",
        ),
        Problem::NotAForm => (
            "We could not read that",
            "What was sent is not a form of one of our pages. Nothing was changed.",
        ),
        Problem::Unreadable => (
            "We could not read that",
            "The form held something that is not text. Nothing was changed. Please go back and try again.",
        ),
        Problem::TooSlow => (
            "That took too long",
            "Your form did not arrive in full. Nothing was changed. Please check your connection and try again.",
        ),
        Problem::SignInFirst(_) | Problem::SignedOut => {
            ("Please sign in", "You are not signed in any more. Your pictures are where you left them.")
        }
        Problem::SecondFactorFirst => (
            "One-time codes come first",
            "Whoever works for the shop signs in with a code from an authenticator app as well.",
        ),
        Problem::ConfirmFirst(_) => (
            "Please confirm that it is you",
            "What you are about to do asks for your code once more. Nothing was changed yet.",
        ),
        Problem::Busy => {
            ("A moment, please", "Many people are at the door just now. Please try again in a few seconds.")
        }
        Problem::Unavailable(_) => (
            "We are closed for a moment",
            "The shop is being looked after. Nothing of yours is lost. Please come back in a minute.",
        ),
        Problem::Broken(_) => (
            "Something broke on our side",
            "We have written down what happened. Nothing of yours is lost. Please try again in a minute.",
        ),
    };
    (title, text.into())
}

/// The answer for a problem: its page, or plain words if even that fails.
pub async fn answer(visit: &Visit, problem: &Problem) -> poem::Response {
    if let Problem::SignInFirst(next) = problem {
        return see_other(&doors::door(sign_in::PATH, next));
    }
    if let Problem::ConfirmFirst(next) = problem {
        return see_other(&doors::door(confirmation::PATH, next));
    }
    if matches!(problem, Problem::SecondFactorFirst) {
        return see_other(second_factor::PATH);
    }
    let status = problem.status();
    let request_id = &visit.request_id;
    if status.is_server_error() {
        tracing::error!(%request_id, "{problem}");
    } else {
        tracing::debug!(%request_id, "{problem}");
    }
    // The header of the page says who is signed in, unless asking for it is what failed.
    if !status.is_server_error() {
        visit.visitor().await.ok();
    }
    let mut page = describe(problem, request_id);
    if matches!(problem, Problem::StaleForm) {
        page.error.action = Action { href: visit.came_from().into(), label: "Open the page again" };
    }
    let mut response = visit.page_with(status, &page).unwrap_or_else(|error| {
        tracing::error!(%request_id, "the error page failed: {error}");
        let text =
            format!("{}. {}\nReference of this request: {request_id}\n", page.error.title, page.error.text);
        poem::Response::builder().status(status).content_type("text/plain; charset=utf-8").body(text)
    });
    match problem {
        Problem::MethodNotAllowed(methods) => {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods));
        }
        Problem::TooOften(too_often) => {
            response.headers_mut().insert(header::RETRY_AFTER, too_often.retry_after());
        }
        Problem::Busy | Problem::Unavailable(_) => {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        Problem::NotFound
        | Problem::Foreign
        | Problem::StaleForm
        | Problem::TooLarge
        | Problem::NotAForm
        | Problem::Unreadable
        | Problem::TooSlow
        | Problem::SignInFirst(_)
        | Problem::SignedOut
        | Problem::SecondFactorFirst
        | Problem::ConfirmFirst(_)
        | Problem::Broken(_) => {}
    }
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
