//! The way of a call: key, weather, parameters, idempotency, work, answer.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode};
use poem::{Request, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::books::{Asked, Cause};
use super::events::API_VERSION;
use super::keyed::{Flight, Keyed};
use super::params::Params;
use super::refusals::Refusal;
use super::weather::Answer;
use super::{Action, Stripe, expansions, forms, ids, keys};
use crate::server::HangUp;

const LIMIT: usize = 1 << 20;
const LONGEST_KEY: usize = 255;

/// What is answered, before it has its headers.
struct Reply {
    status: u16,
    body: Value,
    /// The call whose answer is given once more.
    original: Option<String>,
}

impl Reply {
    fn ok(body: Value) -> Reply {
        Reply { status: 200, body, original: None }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Reply {
        Reply { status: refusal.status, body: refusal.body(), original: None }
    }
}

/// Answers a call. No action means that there is nothing at this path for this method.
pub(super) async fn call(
    stripe: Arc<Stripe>,
    mut request: Request,
    action: Option<Action>,
) -> poem::Result<Response> {
    let id = ids::new("req_", 14);
    let name = format!("{} {}", request.method(), request.uri().path());
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let version = header("stripe-version");
    let key = header("idempotency-key").filter(|_| request.method() == Method::POST);
    if stripe.weather.down_left().is_some() {
        stripe.calls.add(&id, name, 0, key.as_deref(), false);
        return Ok(HangUp::response());
    }
    let ordered = stripe.weather.take(&name);
    let reply = match ordered {
        Some(Answer::HangUp) => {
            stripe.calls.add(&id, name, 0, key.as_deref(), false);
            return Ok(HangUp::response());
        }
        Some(Answer::Html) => {
            stripe.calls.add(&id, name, 502, key.as_deref(), false);
            return Ok(bad_gateway());
        }
        Some(Answer::LockTimeout) => Refusal::lock_timeout().into(),
        Some(Answer::RateLimit) => Refusal::rate_limit().into(),
        Some(Answer::ServerError) => Refusal::server_error().into(),
        Some(Answer::Lost) | None => {
            let worked = match prepare(&mut request, action, key.clone(), id.clone()).await {
                Ok(work) => work.run(&stripe).await,
                Err(refusal) => refusal.into(),
            };
            if ordered == Some(Answer::Lost) {
                stripe.calls.add(&id, name, 0, key.as_deref(), worked.original.is_some());
                return Ok(HangUp::response());
            }
            worked
        }
    };
    stripe.calls.add(&id, name, reply.status, key.as_deref(), reply.original.is_some());
    Ok(answer(reply, &id, version.as_deref(), key.as_deref()))
}

/// A call that is ready to be worked on.
struct Work {
    action: Action,
    asked: Asked,
    expand: Vec<String>,
    cause: Cause,
    path: String,
    /// SHA-256 of the parameters as they came.
    params: String,
}

async fn prepare(
    request: &mut Request,
    action: Option<Action>,
    key: Option<String>,
    id: String,
) -> Result<Work, Refusal> {
    keys::check(request)?;
    let path = request.uri().path().to_owned();
    let action = action.ok_or_else(|| Refusal::unknown_url(request.method(), &path))?;
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(Refusal::invalid("Idempotency keys have from 1 to 255 characters."));
    }
    let mut bytes = request.uri().query().unwrap_or_default().as_bytes().to_vec();
    if request.method() != Method::GET {
        let body = request.take_body().into_bytes_limit(LIMIT).await.map_err(|_| Refusal::too_large())?;
        bytes.extend_from_slice(&body);
    }
    let mut params = Params::new(forms::parse(&bytes)?);
    let expand = params.texts("expand")?;
    let object = request.raw_path_param("id").unwrap_or_default().to_owned();
    Ok(Work {
        action,
        asked: Asked { id: object, params },
        expand,
        cause: Cause { request: Some(id), key },
        path,
        params: hex::encode(Sha256::digest(&bytes)),
    })
}

impl Work {
    /// Runs to its end even when the client goes away, as the real service does.
    async fn run(self, stripe: &Arc<Stripe>) -> Reply {
        let (send, receive) = tokio::sync::oneshot::channel();
        let worker = Arc::clone(stripe);
        stripe.tasks.spawn(async move {
            let reply = self.work(&worker).await.unwrap_or_else(Reply::from);
            // Nobody may be listening any more.
            send.send(reply).ok();
        });
        receive.await.unwrap_or_else(|_| Refusal::server_error().into())
    }

    async fn work(mut self, stripe: &Stripe) -> Result<Reply, Refusal> {
        let _flight: Option<Flight> =
            self.cause.key.as_ref().map(|key| stripe.in_flight.begin(key)).transpose()?;
        let slowness = stripe.weather.slowness();
        if !slowness.is_zero() {
            tokio::time::sleep(slowness).await;
        }
        stripe.change(self.cause.clone(), |books| {
            let key = self.cause.key.clone();
            if let Some(kept) = key.as_ref().and_then(|key| books.keyed.get(key)) {
                kept.fits(&self.path, &self.params)?;
                let original = Some(kept.request.clone());
                return Ok(Reply { status: kept.status, body: kept.body.clone(), original });
            }
            let outcome = (self.action)(books, &mut self.asked).and_then(|mut body| {
                self.expand.iter().try_for_each(|path| expansions::expand(books, &mut body, path))?;
                Ok(body)
            });
            let executed = outcome.as_ref().err().is_none_or(|refusal| refusal.executed);
            let reply = outcome.map_or_else(Reply::from, Reply::ok);
            if let Some(key) = key.filter(|_| executed) {
                books.keyed.put(Keyed {
                    key,
                    path: self.path.clone(),
                    params: self.params.clone(),
                    status: reply.status,
                    body: reply.body.clone(),
                    request: self.cause.request.clone().unwrap_or_default(),
                });
            }
            Ok(reply)
        })
    }
}

fn answer(reply: Reply, id: &str, version: Option<&str>, key: Option<&str>) -> Response {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response =
        Response::builder().status(status).content_type("application/json").body(reply.body.to_string());
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    set("request-id", id);
    set("stripe-version", version.unwrap_or(API_VERSION));
    if let Some(key) = key {
        set("idempotency-key", key);
    }
    if let Some(original) = reply.original {
        set("original-request", &original);
        set("idempotent-replayed", "true");
    }
    if matches!(reply.status, 409 | 429 | 500..) {
        set("stripe-should-retry", "true");
    }
    response
}

fn bad_gateway() -> Response {
    Response::builder().status(StatusCode::BAD_GATEWAY).content_type("text/html").body(
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n\
         <hr><center>proxy</center>\r\n</body>\r\n</html>\r\n",
    )
}
