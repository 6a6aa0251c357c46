//! `GET /v1/models` and `GET /v1/models/{id}`, with the date on which a model shuts down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use poem::{Request, Response};
use serde_json::{Value, json};

use super::answers::Reply;
use super::refusals::Refusal;
use super::{OpenAi, keys, to_the_end};

/// Name, when it was made, whether it draws.
const MODELS: &[(&str, u64, bool)] = &[
    ("gpt-image-2.5-flare", 1_788_825_600, true),
    ("gpt-image-2.6-flare", 1_793_750_400, true),
    ("gpt-image-2.6-sunburst", 1_793_750_400, true),
    ("omni-moderation-latest", 1_731_689_265, false),
    ("gpt-6-luna", 1_787_000_000, false),
];

/// Which models have been announced to end; set by a poke.
#[derive(Default)]
pub(crate) struct Models(Mutex<BTreeMap<&'static str, String>>);

impl Models {
    /// Announces the end of a model, or takes the announcement back; false when there is no such model.
    pub fn announce(&self, id: &str, date: Option<String>) -> bool {
        let Some((id, ..)) = MODELS.iter().find(|(known, ..)| *known == id) else { return false };
        let mut dates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match date {
            Some(date) => dates.insert(id, date),
            None => dates.remove(id),
        };
        true
    }

    pub fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// All names, for the dashboard.
    pub fn names() -> impl Iterator<Item = &'static str> {
        MODELS.iter().map(|(id, ..)| *id)
    }

    fn all(&self) -> Vec<Value> {
        let dates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let model = |(id, created, _): &(&str, u64, bool)| {
            json!({
                "id": id, "object": "model", "created": created, "owned_by": "system", "shutdown_date": dates.get(id),
            })
        };
        MODELS.iter().map(model).collect()
    }
}

/// Whether there is such a model and it draws.
pub(super) fn draws(model: &str) -> bool {
    MODELS.iter().any(|(id, _, draws)| *id == model && *draws)
}

pub(super) async fn list(openai: Arc<OpenAi>, request: Request) -> poem::Result<Response> {
    answer(openai, request, |models, _| Ok(json!({ "object": "list", "data": models }))).await
}

pub(super) async fn show(openai: Arc<OpenAi>, request: Request) -> poem::Result<Response> {
    answer(openai, request, |models, id| {
        models.into_iter().find(|model| model["id"] == id).ok_or_else(|| Refusal::model_not_found(id))
    })
    .await
}

async fn answer(
    openai: Arc<OpenAi>,
    request: Request,
    find: fn(Vec<Value>, &str) -> Result<Value, Refusal>,
) -> poem::Result<Response> {
    let id = openai.journal.begin("/v1/models", None);
    let since = Instant::now();
    let name = request.raw_path_param("id").unwrap_or_default();
    let found = keys::check(&request).and_then(|()| find(openai.models.all(), name));
    let reply = found.map_or_else(Reply::from, Reply::ok).stamped(&openai, &id, since);
    to_the_end(&openai, id, async { reply }).await
}
