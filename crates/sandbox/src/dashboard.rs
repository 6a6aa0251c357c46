//! The dashboard: URLs, last requests, knobs, payments, mails. The pokes answer on the same port.

mod guard;
mod overview;
mod pages;
mod payments;
mod reader;

use std::sync::Arc;

use poem::endpoint::make_sync;
use poem::http::StatusCode;
use poem::{Endpoint, EndpointExt, IntoResponse, Response, Route, get, post};

pub(crate) use pages::escape;

use crate::server::answering;
use crate::{World, pokes};

/// Pages for a person, pokes for a test.
pub(crate) fn routes(world: &Arc<World>) -> impl Endpoint + use<> {
    Route::new()
        .at("/", get(answering(world, overview::show)))
        .at("/payments", get(answering(world, payments::show)))
        .at("/mails", get(answering(world, reader::list)))
        .at("/mails/:id", get(answering(world, reader::show)))
        .at("/mails/:id/html", get(answering(world, reader::html)))
        .at("/dashboard.css", get(make_sync(|_| pages::stylesheet())))
        // Browsers ask for it on every page, and a 404 would be one error in each console.
        .at("/favicon.ico", get(make_sync(|_| StatusCode::NO_CONTENT)))
        .at("/_sandbox/openai/next", post(answering(world, pokes::next)))
        .at("/_sandbox/openai/draw_time", post(answering(world, pokes::draw_time)))
        .at("/_sandbox/openai/weather", post(answering(world, pokes::weather)))
        .at("/_sandbox/openai/prepared", post(answering(world, pokes::prepared)))
        .at("/_sandbox/openai/models", post(answering(world, pokes::models)))
        .at("/_sandbox/openai/calls", get(answering(world, pokes::openai_calls)))
        .at("/_sandbox/stripe/pay", post(answering(world, pokes::stripe::pay)))
        .at("/_sandbox/stripe/challenge", post(answering(world, pokes::stripe::challenge)))
        .at("/_sandbox/stripe/expire", post(answering(world, pokes::stripe::expire)))
        .at("/_sandbox/stripe/settle", post(answering(world, pokes::stripe::settle)))
        .at("/_sandbox/stripe/dispute", post(answering(world, pokes::stripe::dispute)))
        .at("/_sandbox/stripe/close_dispute", post(answering(world, pokes::stripe::close_dispute)))
        .at("/_sandbox/stripe/refund", post(answering(world, pokes::stripe::refund)))
        .at("/_sandbox/stripe/post", post(answering(world, pokes::stripe::post)))
        .at("/_sandbox/stripe/pace", post(answering(world, pokes::stripe::pace)))
        .at("/_sandbox/stripe/release", post(answering(world, pokes::stripe::release)))
        .at("/_sandbox/stripe/resend", post(answering(world, pokes::stripe::resend)))
        .at("/_sandbox/stripe/webhook", post(answering(world, pokes::stripe::webhook)))
        .at("/_sandbox/stripe/down", post(answering(world, pokes::stripe::down)))
        .at("/_sandbox/stripe/slow", post(answering(world, pokes::stripe::slow)))
        .at("/_sandbox/stripe/next", post(answering(world, pokes::stripe::next)))
        .at("/_sandbox/stripe/account", get(answering(world, pokes::stripe::account)))
        .at("/_sandbox/stripe/calls", get(answering(world, pokes::stripe::calls)))
        .at("/_sandbox/storage/outage", post(answering(world, pokes::outage)))
        .at("/_sandbox/storage/calls", get(answering(world, pokes::storage_calls)))
        .at("/_sandbox/mail", get(answering(world, pokes::mails)))
        .at("/_sandbox/mail/refusal", post(answering(world, pokes::refusal)))
        .at("/_sandbox/mail/:id", get(answering(world, pokes::mail)))
        .at("/_sandbox/reset", post(answering(world, pokes::reset)))
        .before(guard::same_origin)
        .after(|result| async {
            let response: Response =
                result.map_or_else(poem::Error::into_response, IntoResponse::into_response);
            Ok::<_, poem::Error>(guard::with_headers(response))
        })
}
