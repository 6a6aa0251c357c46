//! Webhook endpoints: some are made over the API, some were given to the sandbox when it was started.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::events;
use super::lists::{self, list};
use super::params::{Metadata, Params};
use super::refusals::Refusal;
use super::shelf::Kept;
use super::{ids, shapes};

/// An endpoint. Deliveries to one that is not active wait.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Endpoint {
    pub id: String,
    pub url: String,
    pub secret: String,
    pub enabled_events: Vec<String>,
    pub created: u64,
    pub description: Option<String>,
    pub metadata: Metadata,
    pub api_version: Option<String>,
    pub active: bool,
    pub deleted: bool,
    /// Whether it was given to the sandbox, which then has to be given it again at the next start.
    pub given: bool,
}

impl Kept for Endpoint {
    const KIND: &'static str = "endpoint";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Endpoint {
    pub fn wants(&self, kind: &str) -> bool {
        self.active && !self.deleted && self.enabled_events.iter().any(|wanted| events::matches(wanted, kind))
    }

    pub fn render(&self) -> Value {
        shapes::ENDPOINT.filled(json!({
            "id": self.id,
            "url": self.url,
            "enabled_events": self.enabled_events,
            "created": self.created,
            "description": self.description,
            "metadata": self.metadata,
            "api_version": self.api_version,
            "status": if self.active { "enabled" } else { "disabled" },
        }))
    }
}

/// `POST /v1/webhook_endpoints`. The secret is shown in this answer and never again.
pub(super) fn create(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let params = &mut asked.params;
    let url = url(params)?.ok_or_else(|| Refusal::missing("url"))?;
    let enabled_events = params.texts("enabled_events")?;
    if enabled_events.is_empty() {
        return Err(Refusal::missing("enabled_events"));
    }
    let endpoint = Endpoint {
        id: ids::new("we_1", 23),
        url,
        secret: ids::new("whsec_", 32),
        enabled_events,
        created: books.now(),
        description: params.text("description")?,
        metadata: params.metadata("metadata")?,
        api_version: params.text("api_version")?,
        active: true,
        deleted: false,
        given: false,
    };
    asked.end()?;
    let mut rendered = endpoint.render();
    rendered["secret"] = json!(endpoint.secret);
    books.endpoints.put(endpoint);
    Ok(rendered)
}

/// `POST /v1/webhook_endpoints/{id}`.
pub(super) fn update(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let params = &mut asked.params;
    let url = url(params)?;
    let enabled_events = params.texts("enabled_events")?;
    let disabled = params.boolean("disabled")?;
    let description = params.text("description")?;
    asked.end()?;
    let Some(endpoint) = books.endpoints.change(&asked.id).filter(|endpoint| !endpoint.deleted) else {
        return Err(Refusal::no_such("webhook_endpoint", &asked.id, "webhook_endpoint"));
    };
    if let Some(url) = url {
        endpoint.url = url;
    }
    if !enabled_events.is_empty() {
        endpoint.enabled_events = enabled_events;
    }
    if let Some(disabled) = disabled {
        endpoint.active = !disabled;
    }
    endpoint.description = description.or_else(|| endpoint.description.take());
    let rendered = endpoint.render();
    books.queue_waiting(&asked.id);
    Ok(rendered)
}

/// `GET /v1/webhook_endpoints/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let endpoint = books.endpoints.get(&asked.id).filter(|endpoint| !endpoint.deleted);
    Ok(endpoint.ok_or_else(|| Refusal::no_such("webhook_endpoint", &asked.id, "webhook_endpoint"))?.render())
}

/// `GET /v1/webhook_endpoints`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    asked.end()?;
    let page = books.endpoints.page(&paging, |endpoint| !endpoint.deleted);
    list("/v1/webhook_endpoints", page, "webhook_endpoint", Endpoint::render)
}

/// `DELETE /v1/webhook_endpoints/{id}`.
pub(super) fn delete(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let Some(endpoint) = books.endpoints.change(&asked.id).filter(|endpoint| !endpoint.deleted) else {
        return Err(Refusal::no_such("webhook_endpoint", &asked.id, "webhook_endpoint"));
    };
    endpoint.deleted = true;
    endpoint.active = false;
    Ok(json!({ "id": asked.id, "object": "webhook_endpoint", "deleted": true }))
}

/// The sandbox has no TLS, so that it delivers to `http://` only; Stripe takes both in test mode.
fn url(params: &mut Params) -> Result<Option<String>, Refusal> {
    let Some(url) = params.text("url")? else { return Ok(None) };
    if is_deliverable(&url) {
        return Ok(Some(url));
    }
    let message = "Invalid URL: the sandbox delivers to addresses that begin with http:// and name a host.";
    Err(Refusal::invalid(message).code("url_invalid").param("url"))
}

pub(super) fn is_deliverable(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|url| url.scheme_str() == Some("http") && url.host().is_some())
}

impl Books {
    /// An endpoint for everything that happens. One that an earlier run was given with the same secret goes on, with what
    /// was still to be delivered to it, also at another address. Returns its id.
    pub(super) fn give_endpoint(&mut self, url: &str, secret: &str) -> String {
        let idle = |endpoint: &&Endpoint| {
            endpoint.given && !endpoint.active && !endpoint.deleted && endpoint.secret == secret
        };
        let same_url = self.endpoints.all().filter(idle).find(|endpoint| endpoint.url == url);
        let known = same_url.or_else(|| self.endpoints.all().find(idle)).map(|endpoint| endpoint.id.clone());
        let id = if let Some(id) = known {
            if let Some(endpoint) = self.endpoints.change(&id) {
                url.clone_into(&mut endpoint.url);
                endpoint.active = true;
            }
            id
        } else {
            let id = ids::new("we_1", 23);
            self.endpoints.put(Endpoint {
                id: id.clone(),
                url: url.to_owned(),
                secret: secret.to_owned(),
                enabled_events: vec!["*".to_owned()],
                created: self.now(),
                description: Some("Given to the sandbox when it was started.".to_owned()),
                metadata: Metadata::new(),
                api_version: Some(events::API_VERSION.to_owned()),
                active: true,
                deleted: false,
                given: true,
            });
            id
        };
        self.queue_waiting(&id);
        id
    }
}
