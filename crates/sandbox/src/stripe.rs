//! Stripe's API as far as the shop uses it, its hosted payment page, and its webhooks.
//!
//! Shapes are those of API version 2026-09-30.endive, whatever version a client asks for. Where it departs from Stripe, the
//! file of that noun says so. Pokes and a [`Till`] make happen what takes days or bad luck at Stripe.

mod agenda;
mod balance;
mod books;
mod calls;
mod cards;
mod charges;
mod courier;
mod deliveries;
mod disputes;
mod endpoints;
mod events;
mod expansions;
mod forms;
mod gate;
mod ids;
mod intents;
mod journal;
mod keyed;
mod keys;
mod lists;
mod methods;
mod money;
mod pages;
mod params;
mod payments;
mod refunds;
mod refusals;
mod sessions;
mod shapes;
mod shelf;
mod till;
mod weather;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::Method;
use poem::endpoint::{make, make_sync};
use poem::{Endpoint, EndpointExt, Response, Route};
use tokio::sync::Notify;

pub use books::Pace;
pub use deliveries::Post;
pub use till::{Account, Paid, PayWith, Payment, Till};
pub use weather::{Answer, Order};

pub(crate) use till::Shown;

use crate::clock;
use crate::server::{Tasks, answering};
use books::{Asked, Books, Cause};
use calls::Calls;
use journal::Journal;
use keyed::InFlight;
use refusals::Refusal;
use weather::Weather;

/// An endpoint that is told of everything from the start.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// `http://` only.
    pub url: String,
    /// What deliveries are signed with: `whsec_…`.
    pub secret: String,
}

/// The stand-in.
pub(crate) struct Stripe {
    books: Mutex<(Books, Journal)>,
    in_flight: InFlight,
    pub(crate) calls: Calls,
    pub(crate) weather: Weather,
    /// Something new is due, or to be delivered.
    changed: Notify,
    posted: Notify,
    tasks: Tasks,
}

/// What an endpoint does: reads its parameters to the end, then changes the books.
type Action = fn(&mut Books, &mut Asked) -> Result<serde_json::Value, Refusal>;

impl Stripe {
    /// Opens the books of an earlier run, or new ones.
    pub async fn open(
        folder: &Path,
        base: String,
        webhooks: Vec<Webhook>,
        tasks: Tasks,
    ) -> anyhow::Result<Arc<Stripe>> {
        let folder = folder.to_owned();
        let books = tokio::task::spawn_blocking(move || Books::open(&folder, base)).await??;
        let stripe = Arc::new(Stripe {
            books: Mutex::new(books),
            in_flight: InFlight::default(),
            calls: Calls::default(),
            weather: Weather::default(),
            changed: Notify::new(),
            posted: Notify::new(),
            tasks,
        });
        for webhook in webhooks {
            stripe.give_webhook(&webhook.url, &webhook.secret)?;
        }
        courier::start(&stripe);
        let diary = Arc::clone(&stripe);
        stripe.tasks.spawn(async move { diary.keep_appointments().await });
        Ok(stripe)
    }

    /// Tells an endpoint of everything from now on. Returns its id.
    pub fn give_webhook(&self, url: &str, secret: &str) -> anyhow::Result<String> {
        anyhow::ensure!(
            endpoints::is_deliverable(url),
            "webhooks go to addresses that begin with http://, not {url}"
        );
        Ok(self.change(Cause::default(), |books| books.give_endpoint(url, secret)))
    }

    /// Makes a change, writes it down, and wakes whoever has to do with it.
    fn change<T>(&self, cause: Cause, change: impl FnOnce(&mut Books) -> T) -> T {
        let mut guard = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let (books, journal) = &mut *guard;
        books.now_ms = clock::now_ms();
        books.cause = cause;
        let outcome = change(books);
        let written =
            books.changes().and_then(|lines| if lines.is_empty() { Ok(()) } else { journal.write(&lines) });
        if let Err(error) = written {
            tracing::error!(error = format!("{error:#}"), "the sandbox could not write down what Stripe did");
        }
        drop(guard);
        self.changed.notify_one();
        self.posted.notify_one();
        outcome
    }

    /// Looks at the books.
    fn read<T>(&self, look: impl FnOnce(&Books) -> T) -> T {
        let mut guard = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        guard.0.now_ms = clock::now_ms();
        look(&guard.0)
    }

    async fn keep_appointments(&self) {
        loop {
            let next = self.read(|books| books.agenda.first().map(|(at, _)| *at));
            let wait = next.map(|at| Duration::from_millis(at.saturating_sub(clock::now_ms())));
            match wait {
                Some(wait) if wait.is_zero() => {
                    self.change(Cause::default(), Books::keep_appointments);
                }
                Some(wait) => {
                    // Woken by what comes sooner.
                    tokio::time::timeout(wait, self.changed.notified()).await.ok();
                }
                None => self.changed.notified().await,
            }
        }
    }

    /// Forgets knobs and counts. What was paid stays paid, as the shop's database still names it.
    pub fn reset(&self) {
        self.weather.forget();
        self.calls.forget();
        self.change(Cause::default(), |books| {
            books.pace = Pace::default();
            books.post = Post::default();
            books.release();
        });
    }
}

/// The API and the hosted page, on one listener.
pub(crate) fn routes(stripe: &Arc<Stripe>) -> impl Endpoint + use<> {
    let unknown = Arc::clone(stripe);
    let api = |get: Option<Action>, post: Option<Action>, delete: Option<Action>| {
        let stripe = Arc::clone(stripe);
        make(move |request| {
            let action = match *request.method() {
                Method::GET => get,
                Method::POST => post,
                Method::DELETE => delete,
                _ => None,
            };
            gate::call(Arc::clone(&stripe), request, action)
        })
    };
    Route::new()
        .at("/v1/balance", api(Some(balance::show), None, None))
        .at("/v1/checkout/sessions", api(Some(sessions::index), Some(sessions::create), None))
        .at("/v1/checkout/sessions/:id", api(Some(sessions::show), None, None))
        .at("/v1/checkout/sessions/:id/line_items", api(Some(sessions::line_items), None, None))
        .at("/v1/checkout/sessions/:id/expire", api(None, Some(sessions::expire), None))
        .at("/v1/payment_intents", api(Some(intents::index), None, None))
        .at("/v1/payment_intents/:id", api(Some(intents::show), None, None))
        .at("/v1/payment_intents/:id/cancel", api(None, Some(intents::cancel), None))
        .at("/v1/charges", api(Some(charges::index), None, None))
        .at("/v1/charges/:id", api(Some(charges::show), None, None))
        .at("/v1/refunds", api(Some(refunds::index), Some(refunds::create), None))
        .at("/v1/refunds/:id", api(Some(refunds::show), None, None))
        .at("/v1/disputes", api(Some(disputes::index), None, None))
        .at("/v1/disputes/:id", api(Some(disputes::show), None, None))
        .at("/v1/disputes/:id/close", api(None, Some(disputes::close), None))
        .at("/v1/events", api(Some(events::index), None, None))
        .at("/v1/events/:id", api(Some(events::show), None, None))
        .at("/v1/webhook_endpoints", api(Some(endpoints::index), Some(endpoints::create), None))
        .at(
            "/v1/webhook_endpoints/:id",
            api(Some(endpoints::show), Some(endpoints::update), Some(endpoints::delete)),
        )
        .at("/pay/:id", poem::get(answering(stripe, pages::show)).post(answering(stripe, pages::pay)))
        .at(
            "/pay/:id/challenge",
            poem::get(answering(stripe, pages::challenge)).post(answering(stripe, pages::answer_challenge)),
        )
        .at("/receipts/:id", poem::get(answering(stripe, pages::receipt)))
        .at("/pay.css", poem::get(make_sync(|_| pages::stylesheet())))
        .at("/favicon.ico", poem::get(make_sync(|_| http::StatusCode::NO_CONTENT)))
        .at("/*path", make(move |request| gate::call(Arc::clone(&unknown), request, None)))
        .after(|result| async {
            let response: Response =
                result.map_or_else(poem::Error::into_response, poem::IntoResponse::into_response);
            Ok::<_, poem::Error>(response)
        })
}
