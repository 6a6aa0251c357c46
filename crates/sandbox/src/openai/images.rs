//! `POST /v1/images/generations`, and what it has in common with edits.

mod request;
mod usage;

use std::sync::Arc;
use std::time::{Duration, Instant};

use poem::{Request, Response};
use serde_json::{Value, json};

pub(super) use request::{EDIT_FIELDS, GENERATION_FIELDS, ImageRequest};

use super::answers::{Payload, Reply};
use super::magic::{Magic, Trick};
use super::refusals::Refusal;
use super::weather::Storm;
use super::{OpenAi, bodies, fields::Fields, keys, sha256_hex, to_the_end};
use crate::clock;
use crate::painting::Commission;

const JSON_LIMIT: usize = 1 << 20;

pub(super) async fn generations(openai: Arc<OpenAi>, request: Request) -> poem::Result<Response> {
    let read = async {
        keys::check(&request)?;
        let fields = Fields::new(bodies::json(request, JSON_LIMIT).await?, GENERATION_FIELDS)?;
        ImageRequest::parse(&fields, None)
    };
    let parsed = read.await;
    run(openai, "/v1/images/generations", parsed).await
}

/// Counts the call, then answers it.
pub(super) async fn run(
    openai: Arc<OpenAi>,
    path: &'static str,
    parsed: Result<ImageRequest, Refusal>,
) -> poem::Result<Response> {
    let prompt = parsed.as_ref().ok().map(|request| request.prompt.as_str());
    let id = openai.journal.begin(path, prompt);
    let work = {
        let (openai, id) = (Arc::clone(&openai), id.clone());
        async move {
            let since = Instant::now();
            // A wrong key is refused before anything else, also before an answer that was ordered by a poke.
            let known_caller = parsed.as_ref().map_or_else(|refusal| refusal.status != 401, |_| true);
            let forced = if known_caller { openai.forced.take(path) } else { None };
            let reply = match (forced, parsed) {
                (Some(forced), _) => forced.reply(&id).await,
                (None, Ok(request)) => match openai.weather.today(&sha256_hex(&request.prompt)) {
                    Some(Storm::Rain(refusal)) => (*refusal).into(),
                    Some(Storm::Lightning) => {
                        let mut reply = answer(&openai, path, &id, request).await;
                        reply.payload = Payload::Cut(Box::new(reply.payload));
                        reply
                    }
                    None => answer(&openai, path, &id, request).await,
                },
                (None, Err(refusal)) => refusal.into(),
            };
            reply.stamped(&openai, &id, since)
        }
    };
    to_the_end(&openai, id, work).await
}

async fn answer(openai: &OpenAi, path: &str, id: &str, request: ImageRequest) -> Reply {
    let magic = Magic::of(&request.prompt);
    let until = tokio::time::Instant::now() + magic.slow.unwrap_or_else(|| openai.time_for(id));
    let still = magic.times.is_none_or(|times| openai.fails_again(&sha256_hex(&request.prompt), times));
    let trick = magic.trick.filter(|_| still);
    if let Some(refusal) = trick.and_then(|trick| trick.refusal(&request.model, id)) {
        if magic.slow.is_some() || trick.is_some_and(Trick::comes_late) {
            tokio::time::sleep_until(until).await;
        }
        return refusal.into();
    }
    let pictures = match openai.prepared() {
        Some(picture) => std::iter::repeat_with(|| picture.to_string())
            .take(usize::try_from(request.n).unwrap_or(1))
            .collect(),
        None => match openai.easel.paint(request.commission(), request.n).await {
            Ok(pictures) => pictures,
            Err(_) => return Refusal::server_error(id).into(),
        },
    };
    let mut reply = if request.stream {
        let left = until.saturating_duration_since(tokio::time::Instant::now());
        Reply::new(200, Payload::Events(events(path, &request, &pictures, left)))
    } else {
        if magic.slow.is_some() {
            tokio::time::sleep_until(until).await;
        } else {
            openai.draw_until(until).await;
        }
        let mut body = body(&request, &pictures);
        match trick {
            Some(Trick::NoUsage) => body["usage"] = request.usage_without_details(),
            Some(Trick::Empty) => body["data"] = json!([]),
            _ => {}
        }
        let payload = Payload::Json(body);
        Reply::new(200, if trick == Some(Trick::Cut) { Payload::Cut(Box::new(payload)) } else { payload })
    };
    reply.pictures = request.n;
    reply.microdollars = request.microdollars();
    reply
}

fn body(request: &ImageRequest, pictures: &[String]) -> Value {
    let mut body = common(request);
    body["data"] = pictures.iter().map(|picture| json!({ "b64_json": picture })).collect();
    body["usage"] = request.usage();
    body
}

fn common(request: &ImageRequest) -> Value {
    let mut common = json!({
        "created": clock::now_ms() / 1000,
        "background": request.background(),
        "output_format": request.format.name(),
        "quality": request.quality,
        "size": format!("{}x{}", request.width, request.height),
    });
    if let Some(identifier) = &request.safety_identifier {
        common["safety_identifier"] = json!(identifier);
    }
    common
}

/// The answer as events, spread over the time that is left. Partial pictures are the whole one, sent early: there is nothing
/// half-painted to show.
fn events(
    path: &str,
    request: &ImageRequest,
    pictures: &[String],
    left: Duration,
) -> Vec<(Duration, String)> {
    let what = if path.ends_with("edits") { "image_edit" } else { "image_generation" };
    let each = request.n * (request.partial_images + 1);
    let pause = left / u32::try_from(each).unwrap_or(1).max(1);
    let mut events = Vec::new();
    let mut push = |kind: String, picture: &String, more: (&str, Value)| {
        let mut event = common(request);
        event["created_at"] = event["created"].take();
        event["b64_json"] = json!(picture);
        event["type"] = json!(kind);
        event[more.0] = more.1;
        events.push((pause, format!("event: {kind}\ndata: {event}\n\n")));
    };
    for picture in pictures {
        for index in 0..request.partial_images {
            push(format!("{what}.partial_image"), picture, ("partial_image_index", json!(index)));
        }
        push(format!("{what}.completed"), picture, ("usage", request.usage()));
    }
    events
}

impl ImageRequest {
    fn commission(&self) -> Commission {
        Commission {
            prompt: self.prompt.clone(),
            width: self.width,
            height: self.height,
            transparent: self.transparent,
            format: self.format,
            compression: self.compression,
            source: self.source.clone(),
        }
    }
}
