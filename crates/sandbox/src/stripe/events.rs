//! Events: what happened, with the object as it was at that moment.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::deliveries::State;
use super::ids;
use super::lists::{self, list};
use super::refusals::Refusal;
use super::shelf::Kept;

/// The API version that events are rendered in, whatever a client asks for.
pub(super) const API_VERSION: &str = "2026-09-30.endive";

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Event {
    pub id: String,
    pub kind: String,
    pub created: u64,
    /// The id of what it is about.
    pub about: String,
    /// The object as JSON text, as it was.
    pub object: String,
    /// The call that made it happen; none when a customer or the time did.
    pub request: Option<String>,
    pub key: Option<String>,
    /// The ids of its deliveries.
    pub deliveries: Vec<String>,
}

impl Kept for Event {
    const KIND: &'static str = "event";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Event {
    /// The body of a webhook.
    pub fn body(&self, pending: usize) -> String {
        let request = json!({ "id": self.request, "idempotency_key": self.key });
        format!(
            "{{\n  \"id\": \"{}\",\n  \"object\": \"event\",\n  \"api_version\": \"{API_VERSION}\",\n  \"created\": {},\n  \
             \"data\": {{\n    \"object\": {}\n  }},\n  \"livemode\": false,\n  \"pending_webhooks\": {pending},\n  \
             \"request\": {request},\n  \"type\": \"{}\"\n}}",
            self.id, self.created, self.object, self.kind
        )
    }

    fn render(&self, pending: usize) -> Value {
        serde_json::from_str(&self.body(pending)).unwrap_or_default()
    }
}

/// `GET /v1/events/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let event = books.events.get(&asked.id).ok_or_else(|| Refusal::no_such("event", &asked.id, "id"))?;
    Ok(event.render(books.pending(event)))
}

/// `GET /v1/events`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    let created = lists::created(&mut asked.params)?;
    let kind = asked.params.text("type")?;
    let kinds = asked.params.texts("types")?;
    let delivered = asked.params.boolean("delivery_success")?;
    asked.end()?;
    if kind.is_some() && !kinds.is_empty() {
        return Err(Refusal::invalid("You may only specify one of these parameters: type, types."));
    }
    if kinds.len() > 20 {
        return Err(Refusal::invalid("You may specify up to 20 types.").param("types"));
    }
    let page = books.events.page(&paging, |event| {
        created.holds(event.created)
            && kind.as_ref().is_none_or(|kind| matches(kind, &event.kind))
            && (kinds.is_empty() || kinds.iter().any(|kind| matches(kind, &event.kind)))
            && delivered.is_none_or(|delivered| (books.pending(event) == 0) == delivered)
    });
    list("/v1/events", page, "event", |event| event.render(books.pending(event)))
}

/// `charge.*` is any event of a charge.
pub(super) fn matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(beginning) => kind.starts_with(beginning),
        None => pattern == kind,
    }
}

impl Books {
    /// How many endpoints have not taken an event yet, whether or not they still may.
    pub(super) fn pending(&self, event: &Event) -> usize {
        let deliveries = event.deliveries.iter().filter_map(|id| self.deliveries.get(id));
        deliveries.filter(|delivery| delivery.state != State::Delivered).count()
    }

    /// Something happened to an object: an event, and a delivery of it to every endpoint that wants to know.
    pub(super) fn emit(&mut self, kind: &str, object: &Value) {
        let mut event = Event {
            id: ids::new("evt_3", 23),
            kind: kind.to_owned(),
            created: self.now(),
            about: object["id"].as_str().unwrap_or_default().to_owned(),
            object: object.to_string(),
            request: self.cause.request.clone(),
            key: self.cause.key.clone(),
            deliveries: Vec::new(),
        };
        event.deliveries = self.post_event(&event);
        self.events.put(event);
    }
}
