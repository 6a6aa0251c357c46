//! The pokes of Stripe: what customers, banks, the time and somebody in Stripe's dashboard do, and the knobs.

use std::sync::Arc;
use std::time::Duration;

use poem::{Request, Response};
use serde::Deserialize;
use serde_json::json;

use super::{done_at, read, refuse, show};
use crate::World;
use crate::stripe::{Order, Pace, PayWith, Post};

/// Where the dashboard's forms lead back to.
const PAGE: &str = "/payments";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pay {
    session: String,
    #[serde(default)]
    card: Option<Number>,
    #[serde(default)]
    iban: Option<String>,
}

/// A card's number, which a form of the dashboard's brings as a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Text(String),
    Digits(u64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Challenge {
    session: String,
    passed: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    session: String,
}

/// `id` is that of a session, a PaymentIntent or a charge.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settlement {
    id: String,
    paid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Dispute {
    id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Closing {
    dispute: String,
    won: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refund {
    id: String,
    /// In the currency's smallest unit; all that is left without it.
    #[serde(default)]
    amount: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    event: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Webhook {
    url: String,
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Down {
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Slow {
    ms: u64,
}

/// `POST /_sandbox/stripe/pay`: a customer pays a session with a card or an IBAN, or with nothing when nothing is to be paid.
pub(crate) async fn pay(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Pay { session, card, iban } = read(&mut request).await?;
    let card = card.map(|number| match number {
        Number::Text(text) => text,
        Number::Digits(digits) => digits.to_string(),
    });
    let with = match (&card, &iban) {
        (Some(card), None) => PayWith::Card(card),
        (None, Some(iban)) => PayWith::Iban(iban),
        (None, None) => PayWith::Nothing,
        (Some(_), Some(_)) => return Err(refuse("either a card or an iban, not both")),
    };
    let paid = world.till().pay(&session, with).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true, "paid": paid }))
}

/// `POST /_sandbox/stripe/challenge`: the customer comes back from the bank's page.
pub(crate) async fn challenge(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Challenge { session, passed } = read(&mut request).await?;
    let paid = world.till().answer_challenge(&session, passed).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true, "paid": paid }))
}

/// `POST /_sandbox/stripe/expire`: a session expires now.
pub(crate) async fn expire(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Session { session } = read(&mut request).await?;
    world.till().expire(&session).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/settle`: a direct debit is decided now.
pub(crate) async fn settle(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Settlement { id, paid } = read(&mut request).await?;
    world.till().settle(&id, paid).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/dispute`: the customer's bank takes a payment back.
pub(crate) async fn dispute(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Dispute { id } = read(&mut request).await?;
    let dispute = world.till().dispute(&id).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true, "dispute": dispute }))
}

/// `POST /_sandbox/stripe/close_dispute`: the bank decides.
pub(crate) async fn close_dispute(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Closing { dispute, won } = read(&mut request).await?;
    world.till().close_dispute(&dispute, won).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/refund`: somebody gives money back in Stripe's dashboard, behind the shop's back.
pub(crate) async fn refund(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Refund { id, amount } = read(&mut request).await?;
    let refund = world.till().refund(&id, amount).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true, "refund": refund }))
}

/// `POST /_sandbox/stripe/post`: how events are delivered from now on; what is not said goes back to the usual.
pub(crate) async fn post(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let post: Post = read(&mut request).await?;
    world.till().set_post(post).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/pace`: how long things take that take days at Stripe; what is not said goes back to the usual.
pub(crate) async fn pace(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let pace: Pace = read(&mut request).await?;
    world.till().set_pace(pace);
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/release`: delivers what was withheld.
pub(crate) async fn release(world: Arc<World>, request: Request) -> poem::Result<Response> {
    let released = world.till().release();
    done_at(&request, PAGE, &json!({ "ok": true, "released": released }))
}

/// `POST /_sandbox/stripe/resend`: delivers an event once more.
pub(crate) async fn resend(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Event { event } = read(&mut request).await?;
    world.till().resend(&event).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/webhook`: one more endpoint that is told of everything.
pub(crate) async fn webhook(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Webhook { url, secret } = read(&mut request).await?;
    let id = world.till().add_webhook(&url, &secret).map_err(wrong)?;
    done_at(&request, PAGE, &json!({ "ok": true, "id": id }))
}

/// `POST /_sandbox/stripe/down`: every call of the API is hung up on for so long.
pub(crate) async fn down(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Down { seconds } = read(&mut request).await?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| refuse("seconds must be zero or more"))?;
    world.till().go_down(time);
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/slow`: every call of the API takes so much longer.
pub(crate) async fn slow(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Slow { ms } = read(&mut request).await?;
    world.till().slow_down(Duration::from_millis(ms));
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `POST /_sandbox/stripe/next`: how the next calls of the API are answered.
pub(crate) async fn next(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let order: Order = read(&mut request).await?;
    world.till().order(order);
    done_at(&request, PAGE, &json!({ "ok": true }))
}

/// `GET /_sandbox/stripe/account`: sessions, payments and refunds, for a test to hold its own books against.
pub(crate) async fn account(world: Arc<World>, _: Request) -> poem::Result<Response> {
    show(&world.till().account())
}

/// `GET /_sandbox/stripe/calls`: calls of the API by path and status, and the latest ones.
pub(crate) async fn calls(world: Arc<World>, _: Request) -> poem::Result<Response> {
    show(&world.stripe.calls.read())
}

#[expect(clippy::needless_pass_by_value, reason = "it is a function for map_err")]
fn wrong(error: anyhow::Error) -> poem::Error {
    refuse(&format!("{error:#}"))
}
