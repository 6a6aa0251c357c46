//! PaymentIntents: one for each session, made when the customer first tries to pay.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::cards::Decline;
use super::ids;
use super::lists::{self, list};
use super::methods::Method;
use super::params::Metadata;
use super::refusals::Refusal;
use super::sessions::Session;
use super::shapes;
use super::shelf::Kept;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
}

/// A PaymentIntent. Times are in seconds since 1970 unless they say otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Intent {
    pub id: String,
    pub client_secret: String,
    pub session: String,
    pub created: u64,
    pub amount: i64,
    pub currency: String,
    pub status: Status,
    pub metadata: Metadata,
    pub description: Option<String>,
    pub receipt_email: Option<String>,
    pub shipping: Value,
    pub methods: Vec<String>,
    pub method: Option<Method>,
    pub latest_charge: Option<String>,
    pub last_error: Option<Failure>,
    pub canceled_at: Option<u64>,
    pub cancellation_reason: Option<String>,
    /// When a delayed payment is settled, in milliseconds since 1970.
    pub settles_at_ms: Option<u64>,
}

/// Why the last try failed, and which charge it was.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    pub decline: Decline,
    pub charge: Option<String>,
}

impl Kept for Intent {
    const KIND: &'static str = "intent";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Intent {
    /// The one for a session, before anything is paid.
    pub fn of(session: &Session, now: u64) -> Intent {
        let id = ids::new("pi_3", 23);
        Intent {
            client_secret: ids::new(&format!("{id}_secret_"), 25),
            id,
            session: session.id.clone(),
            created: now,
            amount: session.total(),
            currency: session.currency.clone(),
            status: Status::RequiresPaymentMethod,
            metadata: session.intent_metadata.clone(),
            description: session.intent_description.clone(),
            receipt_email: session.receipt_email.clone(),
            shipping: session.intent_shipping.clone(),
            methods: session.methods.clone(),
            method: None,
            latest_charge: None,
            last_error: None,
            canceled_at: None,
            cancellation_reason: None,
            settles_at_ms: None,
        }
    }

    pub fn render(&self, base: &str) -> Value {
        let received = if self.status == Status::Succeeded { self.amount } else { 0 };
        let next_action = (self.status == Status::RequiresAction).then(|| {
            let url = format!("{base}/pay/{}/challenge", self.session);
            json!({ "type": "redirect_to_url", "redirect_to_url": { "return_url": null, "url": url } })
        });
        shapes::INTENT.filled(json!({
            "id": self.id,
            "client_secret": self.client_secret,
            "created": self.created,
            "amount": self.amount,
            "amount_received": received,
            "currency": self.currency,
            "status": self.status,
            "metadata": self.metadata,
            "description": self.description,
            "receipt_email": self.receipt_email,
            "shipping": self.shipping,
            "payment_method_types": self.methods,
            "payment_method": self.method.as_ref().filter(|_| self.status != Status::RequiresPaymentMethod)
                .map(|method| &method.id),
            "latest_charge": self.latest_charge,
            "last_payment_error": self.last_error.as_ref().map(|failure| self.error(failure)),
            "next_action": next_action,
            "processing": null,
            "canceled_at": self.canceled_at,
            "cancellation_reason": self.cancellation_reason,
        }))
    }

    fn error(&self, failure: &Failure) -> Value {
        let (code, decline_code, message) = failure.decline.words();
        let is_card = !matches!(failure.decline, Decline::Debit | Decline::Authentication);
        let mut error = json!({
            "type": if is_card { "card_error" } else { "invalid_request_error" },
            "code": code,
            "message": message,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-")),
        });
        if let Some(charge) = &failure.charge {
            error["charge"] = json!(charge);
        }
        if is_card {
            error["decline_code"] = json!(decline_code);
        }
        if let Some(method) = &self.method {
            error["payment_method_type"] = json!(method.kind.name());
        }
        error
    }
}

/// `GET /v1/payment_intents/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.params.text("client_secret")?;
    asked.end()?;
    Ok(books.intent(&asked.id, "intent")?.render(&books.base))
}

/// `GET /v1/payment_intents`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    let created = lists::created(&mut asked.params)?;
    asked.end()?;
    let page = books.intents.page(&paging, |intent| created.holds(intent.created));
    list("/v1/payment_intents", page, "payment_intent", |intent| intent.render(&books.base))
}

/// `POST /v1/payment_intents/{id}/cancel`. One that belongs to an open session is expired with it, and not by this.
pub(super) fn cancel(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = asked.params.choice("cancellation_reason", &reasons)?;
    asked.end()?;
    let id = asked.id.clone();
    let intent = books.intent(&id, "intent")?;
    match intent.status {
        Status::RequiresPaymentMethod | Status::RequiresAction => {}
        Status::Processing | Status::Succeeded | Status::Canceled => {
            let message = format!(
                "You cannot cancel this PaymentIntent because it has a status of {}. Only a PaymentIntent with one of the \
                 following statuses may be canceled: requires_payment_method, requires_capture, requires_confirmation, \
                 requires_action.",
                json!(intent.status).as_str().unwrap_or_default()
            );
            return Err(Refusal::of_state(message).code("payment_intent_unexpected_state"));
        }
    }
    if books.sessions.get(&intent.session).is_some_and(|session| session.is_payable(books.now())) {
        let message = "You cannot cancel this PaymentIntent because it was created by a Checkout Session. To cancel it, \
                       expire the Checkout Session instead.";
        return Err(Refusal::of_state(message).code("payment_intent_unexpected_state"));
    }
    books.cancel_intent(&id, reason.as_deref().unwrap_or("requested_by_customer"));
    Ok(books.intent(&id, "intent")?.render(&books.base))
}

impl Books {
    pub(super) fn intent(&self, id: &str, param: &str) -> Result<&Intent, Refusal> {
        self.intents.get(id).ok_or_else(|| Refusal::no_such("payment_intent", id, param))
    }

    pub(super) fn cancel_intent(&mut self, id: &str, reason: &str) {
        let now = self.now();
        let Some(intent) = self.intents.change(id) else { return };
        if !matches!(intent.status, Status::RequiresPaymentMethod | Status::RequiresAction) {
            return;
        }
        intent.status = Status::Canceled;
        intent.canceled_at = Some(now);
        intent.cancellation_reason = Some(reason.to_owned());
        let rendered = intent.render(&self.base);
        self.emit("payment_intent.canceled", &rendered);
    }

    /// Tells of a PaymentIntent as it now is.
    pub(super) fn emit_intent(&mut self, kind: &str, id: &str) {
        if let Some(rendered) = self.intents.get(id).map(|intent| intent.render(&self.base)) {
            self.emit(kind, &rendered);
        }
    }
}
