//! The pokes: routes with which a test or the dashboard's forms turn a knob or read a count.

pub(crate) mod stripe;

use std::sync::Arc;
use std::time::Duration;

use poem::http::{StatusCode, header};
use poem::{Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::World;

const LIMIT: usize = 1 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DrawTime {
    ms: u64,
    /// With it, anything from `ms` to this.
    #[serde(default)]
    to_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shutdown {
    id: String,
    #[serde(default)]
    shutdown_date: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Prepared {
    on: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outage {
    seconds: f64,
}

/// `POST /_sandbox/openai/next`: how the next call is answered.
pub(crate) async fn next(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let order: crate::openai::Next = read(&mut request).await?;
    if !order.is_valid() {
        return Err(refuse(
            "status must be an HTTP status from 200, and headers such that HTTP can carry them",
        ));
    }
    world.openai.forced.order(order);
    done(&request)
}

/// `POST /_sandbox/openai/draw_time`: how long a call for pictures takes.
pub(crate) async fn draw_time(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let time: DrawTime = read(&mut request).await?;
    let most = time.to_ms.unwrap_or(time.ms);
    if most < time.ms {
        return Err(refuse("to_ms must not be less than ms"));
    }
    world.openai.set_draw_time(Duration::from_millis(time.ms)..=Duration::from_millis(most));
    done(&request)
}

/// `POST /_sandbox/openai/weather`: so many of a hundred calls for pictures fail.
pub(crate) async fn weather(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let forecast: crate::openai::Forecast = read(&mut request).await?;
    if !world.openai.weather.change(forecast) {
        return Err(refuse("the percentages make more than a hundred"));
    }
    done(&request)
}

/// `POST /_sandbox/openai/prepared`: everything is answered with one small picture that takes no time to paint.
pub(crate) async fn prepared(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let Prepared { on } = read(&mut request).await?;
    world.openai.prepare(on).await.map_err(broken)?;
    done(&request)
}

/// `POST /_sandbox/openai/models`: announces the end of a model, or takes it back.
pub(crate) async fn models(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let shutdown: Shutdown = read(&mut request).await?;
    if !world.openai.models.announce(&shutdown.id, shutdown.shutdown_date) {
        return Err(refuse("there is no model of that name"));
    }
    done(&request)
}

/// `GET /_sandbox/openai/calls`.
pub(crate) async fn openai_calls(world: Arc<World>, _: Request) -> poem::Result<Response> {
    show(&world.openai.journal.read())
}

/// `POST /_sandbox/storage/outage`: the store is down for so long.
pub(crate) async fn outage(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    let outage: Outage = read(&mut request).await?;
    let time =
        Duration::try_from_secs_f64(outage.seconds).map_err(|_| refuse("seconds must be zero or more"))?;
    world.storage.break_for(time);
    done(&request)
}

/// `GET /_sandbox/storage/calls`.
pub(crate) async fn storage_calls(world: Arc<World>, _: Request) -> poem::Result<Response> {
    show(&world.storage.counts().by_kind())
}

/// `GET /_sandbox/mail`: every mail with its bodies, newest first.
pub(crate) async fn mails(world: Arc<World>, _: Request) -> poem::Result<Response> {
    show(&world.inbox.letters().await.map_err(broken)?)
}

/// `POST /_sandbox/mail/refusal`: how the next mails are refused.
pub(crate) async fn refusal(world: Arc<World>, mut request: Request) -> poem::Result<Response> {
    if !world.refusals.order(read(&mut request).await?) {
        return Err(refuse("mails are refused with 421, 451 or 550"));
    }
    done(&request)
}

/// `GET /_sandbox/mail/{id}`: one mail as it came.
pub(crate) async fn mail(world: Arc<World>, request: Request) -> poem::Result<Response> {
    let id = request.raw_path_param("id").unwrap_or_default();
    let raw = world.inbox.raw(id).await.ok_or_else(|| poem::Error::from_status(StatusCode::NOT_FOUND))?;
    Ok(Response::builder().content_type("text/plain; charset=utf-8").body(raw))
}

/// `POST /_sandbox/reset`: forgets calls, knobs and mails. Objects and payments stay, as the shop's database still names
/// them.
pub(crate) async fn reset(world: Arc<World>, request: Request) -> poem::Result<Response> {
    world.openai.reset();
    world.stripe.reset();
    world.storage.break_for(Duration::ZERO);
    world.storage.counts().forget();
    world.refusals.call_off();
    world.inbox.clear().await.map_err(broken)?;
    done(&request)
}

/// Reads JSON, or a form of the dashboard's whose empty fields count as absent.
async fn read<T: DeserializeOwned>(request: &mut Request) -> poem::Result<T> {
    let is_form = is_form(request);
    let bytes = request.take_body().into_bytes_limit(LIMIT).await?;
    let value = if is_form {
        let fields: Vec<(String, String)> = parse_form(&bytes);
        let fields = fields.into_iter().filter(|(_, value)| !value.trim().is_empty());
        let typed = |value: String| serde_json::from_str(&value).unwrap_or(Value::String(value));
        Value::Object(fields.map(|(name, value)| (name, typed(value))).collect::<Map<_, _>>())
    } else {
        serde_json::from_slice(&bytes).map_err(|error| refuse(&format!("not valid JSON: {error}")))?
    };
    serde_json::from_value(value).map_err(|error| refuse(&error.to_string()))
}

fn parse_form(bytes: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(bytes).into_owned().collect()
}

fn is_form(request: &Request) -> bool {
    request.content_type().is_some_and(|given| given.starts_with("application/x-www-form-urlencoded"))
}

/// A form goes back to the dashboard, a test gets JSON.
fn done(request: &Request) -> poem::Result<Response> {
    done_at(request, "/", &json!({ "ok": true }))
}

/// The same for a form of another page's, and a test that wants to know more.
fn done_at(request: &Request, page: &str, answer: &Value) -> poem::Result<Response> {
    if is_form(request) {
        return Ok(Response::builder().status(StatusCode::SEE_OTHER).header(header::LOCATION, page).finish());
    }
    show(answer)
}

fn show(value: &impl serde::Serialize) -> poem::Result<Response> {
    let body = serde_json::to_string(value).map_err(|error| broken(error.into()))?;
    Ok(Response::builder().content_type("application/json").body(body))
}

fn refuse(why: &str) -> poem::Error {
    poem::Error::from_string(why, StatusCode::BAD_REQUEST)
}

#[expect(clippy::needless_pass_by_value, reason = "it is a function for map_err")]
fn broken(error: anyhow::Error) -> poem::Error {
    poem::Error::from_string(format!("{error:#}"), StatusCode::INTERNAL_SERVER_ERROR)
}
