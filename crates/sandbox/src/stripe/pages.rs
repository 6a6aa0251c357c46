//! The page where a customer pays, and the bank's page for the cards that ask for it. Both work without JavaScript.

mod form;
mod layout;

use std::sync::Arc;

use http::{StatusCode, header};
use poem::{Request, Response};

use super::Stripe;
use super::books::Cause;
use super::cards::Decline;
use super::payments::Outcome;
use super::sessions::{Session, Status};
use super::{intents, money};
use crate::dashboard::escape;
use form::Typed;
use layout::page;

pub(super) use layout::stylesheet;

const LIMIT: usize = 1 << 16;

/// `GET /pay/{session}`.
pub(super) async fn show(stripe: Arc<Stripe>, request: Request) -> poem::Result<Response> {
    let id = request.raw_path_param("id").unwrap_or_default();
    let now = crate::clock::now_ms() / 1000;
    let Some((session, last)) = stripe.read(|books| {
        let session = books.sessions.get(id)?.clone();
        let intent = session.intent.as_ref().and_then(|id| books.intents.get(id));
        let waits = intent.is_some_and(|intent| intent.status == intents::Status::RequiresAction);
        let failure = intent.and_then(|intent| intent.last_error.as_ref()).map(|failure| failure.decline);
        Some((session, (failure, waits)))
    }) else {
        return Ok(nothing_here());
    };
    if !session.is_payable(now) {
        return Ok(closed(&session));
    }
    let (failure, _) = last;
    let mut typed = Typed::of(&session);
    typed.declined = failure.map(|decline| decline.words().2);
    Ok(page(StatusCode::OK, "Pay", &form::render(&session, &typed)))
}

/// `POST /pay/{session}`.
pub(super) async fn pay(stripe: Arc<Stripe>, mut request: Request) -> poem::Result<Response> {
    let body = request.take_body().into_bytes_limit(LIMIT).await?;
    let id = request.raw_path_param("id").unwrap_or_default().to_owned();
    let Some(session) = stripe.read(|books| books.sessions.get(&id).cloned()) else {
        return Ok(nothing_here());
    };
    let now = crate::clock::now_ms() / 1000;
    if !session.is_payable(now) {
        return Ok(closed(&session));
    }
    let mut typed = Typed::read(&session, &body);
    let Some(attempt) = typed.check(&session, now) else {
        return Ok(page(StatusCode::UNPROCESSABLE_ENTITY, "Pay", &form::render(&session, &typed)));
    };
    let outcome = stripe
        .change(Cause::default(), |books| books.pay(&id, &attempt.means, attempt.customer, attempt.shipping));
    Ok(match outcome {
        Outcome::Complete => see_other(&session.success_url()),
        Outcome::Challenged => see_other(&format!("/pay/{id}/challenge")),
        Outcome::Declined(decline) => declined(&session, typed, decline),
        Outcome::Closed => closed(&session),
        Outcome::WrongNumber => {
            typed.wrong_number();
            page(StatusCode::UNPROCESSABLE_ENTITY, "Pay", &form::render(&session, &typed))
        }
        Outcome::NotOffered => {
            typed.declined = Some("This payment does not take that way of paying. Please choose another.");
            page(StatusCode::UNPROCESSABLE_ENTITY, "Pay", &form::render(&session, &typed))
        }
    })
}

/// `GET /pay/{session}/challenge`.
pub(super) async fn challenge(stripe: Arc<Stripe>, request: Request) -> poem::Result<Response> {
    let id = request.raw_path_param("id").unwrap_or_default();
    let found = stripe.read(|books| {
        let session = books.sessions.get(id)?.clone();
        let intent = session.intent.as_ref().and_then(|id| books.intents.get(id));
        let waits = intent.is_some_and(|intent| intent.status == intents::Status::RequiresAction);
        Some((session, waits))
    });
    let Some((session, waits)) = found else { return Ok(nothing_here()) };
    if !waits {
        return Ok(see_other(&format!("/pay/{id}")));
    }
    let content = format!(
        "<h1>Your bank asks: is it you?</h1>\
         <p>A bank would ask for a code or for its app here (3-D Secure). The payment is over <strong>{}</strong>.</p>\
         <form method=\"post\" class=\"choice\"><button name=\"outcome\" value=\"complete\">Complete: it is me</button>\
         <button name=\"outcome\" value=\"fail\" class=\"plain\">Fail: it is not me</button></form>",
        escape(&money::written(session.total(), &session.currency))
    );
    Ok(page(StatusCode::OK, "Your bank", &content))
}

/// `POST /pay/{session}/challenge`.
pub(super) async fn answer_challenge(stripe: Arc<Stripe>, mut request: Request) -> poem::Result<Response> {
    let body = request.take_body().into_bytes_limit(LIMIT).await?;
    let id = request.raw_path_param("id").unwrap_or_default().to_owned();
    let Some(session) = stripe.read(|books| books.sessions.get(&id).cloned()) else {
        return Ok(nothing_here());
    };
    let passed = form_urlencoded::parse(&body).any(|(name, value)| name == "outcome" && value == "complete");
    let outcome = stripe.change(Cause::default(), |books| books.answer_challenge(&id, passed));
    Ok(match outcome {
        Outcome::Complete => see_other(&session.success_url()),
        Outcome::Challenged
        | Outcome::Declined(_)
        | Outcome::Closed
        | Outcome::WrongNumber
        | Outcome::NotOffered => see_other(&format!("/pay/{id}")),
    })
}

/// `GET /receipts/{charge}`: where a charge's `receipt_url` leads.
pub(super) async fn receipt(stripe: Arc<Stripe>, request: Request) -> poem::Result<Response> {
    let id = request.raw_path_param("id").unwrap_or_default();
    let Some(charge) = stripe.read(|books| books.charges.get(id).cloned()) else { return Ok(nothing_here()) };
    let content = format!(
        "<h1>Receipt</h1><p>Paid: <strong>{}</strong></p><p>Given back: {}</p><p class=\"quiet\">{}</p>",
        escape(&money::written(charge.amount, &charge.currency)),
        escape(&money::written(charge.amount_refunded, &charge.currency)),
        escape(&charge.id)
    );
    Ok(page(StatusCode::OK, "Receipt", &content))
}

fn declined(session: &Session, mut typed: Typed, decline: Decline) -> Response {
    typed.declined = Some(decline.words().2);
    page(StatusCode::PAYMENT_REQUIRED, "Pay", &form::render(session, &typed))
}

/// A session that takes no money any more says so, and leads back.
fn closed(session: &Session) -> Response {
    let (words, back) = match session.status {
        Status::Complete => (
            "<h1>This is done</h1><p>This payment was completed earlier, and nothing is charged a second time.</p>",
            Some(session.success_url()),
        ),
        Status::Open | Status::Expired => (
            "<h1>This payment page has expired</h1><p>Nothing was charged. Go back to the shop and start the payment \
             again.</p>",
            session.cancel_url.clone(),
        ),
    };
    let link = back.map(|url| format!("<p><a href=\"{}\">Back to the shop</a></p>", escape(&url)));
    page(StatusCode::OK, "Nothing to pay", &format!("{words}{}", link.unwrap_or_default()))
}

fn nothing_here() -> Response {
    page(
        StatusCode::NOT_FOUND,
        "Not found",
        "<h1>There is no such payment</h1><p>Perhaps the address is incomplete.</p>",
    )
}

fn see_other(url: &str) -> Response {
    let mut response = Response::builder().status(StatusCode::SEE_OTHER).finish();
    // An address that HTTP cannot carry was refused when the session was made, or is the page's own.
    if let Ok(url) = http::HeaderValue::from_str(url) {
        response.headers_mut().insert(header::LOCATION, url);
    }
    response
}
