//! OpenAI's API as far as the shop uses it: pictures, moderation, the list of models.
//!
//! Shapes, limits and error classes are those of November 2026. A word in the prompt (`magic.rs`) or a poke makes any
//! of them happen on purpose.

mod answers;
mod bodies;
mod edits;
mod fields;
mod forced;
mod images;
mod journal;
mod keys;
mod magic;
mod models;
mod moderations;
mod refusals;
mod sizes;
mod weather;

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use poem::endpoint::make_sync;
use poem::{Endpoint, EndpointExt, Request, Response, Route, get, post};
use sha2::{Digest, Sha256};
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use forced::{Forced, Next};
pub(crate) use journal::Journal;
pub(crate) use magic::WORDS;
pub(crate) use models::Models;
pub(crate) use weather::{Forecast, Weather};

use crate::painting::Easel;
use crate::server::{Tasks, answering};
use answers::Reply;
use refusals::Refusal;

/// The stand-in's memory.
pub(crate) struct OpenAi {
    pub journal: Journal,
    pub forced: Forced,
    pub models: Models,
    pub weather: Weather,
    draw_time: Mutex<RangeInclusive<Duration>>,
    draw_time_at_start: RangeInclusive<Duration>,
    draw_time_changed: Notify,
    failures: Mutex<HashMap<String, u32>>,
    easel: Easel,
    /// A small picture that is answered to everything, in base64.
    prepared: Mutex<Option<Arc<str>>>,
    tasks: Tasks,
}

impl OpenAi {
    pub fn new(draw_time: RangeInclusive<Duration>, tasks: Tasks) -> OpenAi {
        OpenAi {
            journal: Journal::default(),
            forced: Forced::default(),
            models: Models::default(),
            weather: Weather::default(),
            draw_time: Mutex::new(draw_time.clone()),
            draw_time_at_start: draw_time,
            draw_time_changed: Notify::new(),
            failures: Mutex::default(),
            easel: Easel::new(),
            prepared: Mutex::default(),
            tasks,
        }
    }

    pub fn draw_time(&self) -> RangeInclusive<Duration> {
        self.draw_time.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn set_draw_time(&self, time: RangeInclusive<Duration>) {
        *self.draw_time.lock().unwrap_or_else(PoisonError::into_inner) = time;
        self.draw_time_changed.notify_waiters();
    }

    /// Waits until then, or until calls take no time any more: whoever looks at pages with pictures that are still to come says
    /// when they have seen enough.
    pub async fn draw_until(&self, until: Instant) {
        let mut changed = pin!(self.draw_time_changed.notified());
        loop {
            tokio::select! {
                () = tokio::time::sleep_until(until) => return,
                () = &mut changed => {}
            }
            changed.set(self.draw_time_changed.notified());
            if self.draw_time().end().is_zero() {
                return;
            }
        }
    }

    /// From now on everything is answered with one small picture that costs no time to paint, or no more.
    pub async fn prepare(&self, on: bool) -> anyhow::Result<()> {
        let picture = if on { Some(self.easel.sketch().await?.into()) } else { None };
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = picture;
        Ok(())
    }

    fn prepared(&self) -> Option<Arc<str>> {
        self.prepared.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets every call and every knob, as if the sandbox had just been started.
    pub fn reset(&self) {
        self.journal.forget();
        self.forced.forget();
        self.models.forget();
        self.weather.forget();
        *self.prepared.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.set_draw_time(self.draw_time_at_start.clone());
        self.failures.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Whether this prompt, which fails so many times, fails once more.
    fn fails_again(&self, prompt_sha256: &str, times: u32) -> bool {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = failures.entry(prompt_sha256.to_owned()).or_default();
        let again = *failed < times;
        *failed += u32::from(again);
        again
    }

    /// How long this call takes: any moment of the range, the same one when the call has the same id.
    fn time_for(&self, id: &str) -> Duration {
        let range = self.draw_time();
        let [part, ..]: [u8; 32] = Sha256::digest(id).into();
        *range.start() + range.end().saturating_sub(*range.start()).mul_f32(f32::from(part) / 255.0)
    }
}

/// The API's routes. Every answer, refusals too, is JSON with the headers that OpenAI sends.
pub(crate) fn routes(openai: &Arc<OpenAi>) -> impl Endpoint + use<> {
    Route::new()
        .at("/v1/images/generations", post(answering(openai, images::generations)))
        .at("/v1/images/edits", post(answering(openai, edits::edits)))
        .at("/v1/moderations", post(answering(openai, moderations::moderations)))
        .at("/v1/models", get(answering(openai, models::list)))
        .at("/v1/models/:id", get(answering(openai, models::show)))
        .at("/*path", make_sync(|request| unknown_url(&request)))
        .catch_all_error(|error| async move {
            let refusal = Refusal::invalid_request(error.to_string());
            Reply::from(Refusal { status: error.status().as_u16(), ..refusal }).into_response()
        })
}

fn unknown_url(request: &Request) -> Response {
    let refusal =
        Refusal::invalid_request(format!("Invalid URL ({} {})", request.method(), request.uri().path()));
    Reply::from(Refusal { status: 404, ..refusal }).into_response()
}

/// Runs a call to its end even when the client goes away, as the real service does: whoever hangs up still pays.
async fn to_the_end(
    openai: &Arc<OpenAi>,
    id: String,
    work: impl Future<Output = Reply> + Send + 'static,
) -> poem::Result<Response> {
    let (send, receive) = tokio::sync::oneshot::channel();
    let journal = Arc::clone(openai);
    openai.tasks.spawn(async move {
        let reply = work.await;
        journal.journal.end(&id, &reply, send.is_closed());
        // Nobody may be listening any more.
        send.send(reply).ok();
    });
    let reply = receive.await.map_err(|_| poem::Error::from_status(http::StatusCode::SERVICE_UNAVAILABLE))?;
    Ok(reply.into_response())
}

fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
