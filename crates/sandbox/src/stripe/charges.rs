//! Charges: every try at a payment, failed ones too.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::cards::Decline;
use super::intents::Intent;
use super::lists::{self, list};
use super::methods::Method;
use super::params::Metadata;
use super::refusals::Refusal;
use super::sessions::Customer;
use super::shelf::Kept;
use super::{ids, shapes};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Succeeded,
    Pending,
    Failed,
}

/// A charge. Amounts are in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Charge {
    pub id: String,
    pub intent: String,
    pub created: u64,
    pub amount: i64,
    pub amount_refunded: i64,
    pub currency: String,
    pub status: Status,
    pub decline: Option<Decline>,
    pub method: Method,
    pub customer: Customer,
    pub metadata: Metadata,
    pub description: Option<String>,
    pub receipt_email: Option<String>,
    pub shipping: Value,
    pub disputed: bool,
    pub balance_transaction: Option<String>,
    /// When the bank takes it back, in milliseconds since 1970.
    pub disputed_at_ms: Option<u64>,
}

impl Kept for Charge {
    const KIND: &'static str = "charge";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Charge {
    pub fn of(intent: &Intent, method: Method, customer: Customer, status: Status, now: u64) -> Charge {
        let prefix = if method.kind == super::methods::Kind::Card { "ch_3" } else { "py_3" };
        Charge {
            id: ids::new(prefix, 23),
            intent: intent.id.clone(),
            created: now,
            amount: intent.amount,
            amount_refunded: 0,
            currency: intent.currency.clone(),
            status,
            decline: None,
            method,
            customer,
            metadata: intent.metadata.clone(),
            description: intent.description.clone(),
            receipt_email: intent.receipt_email.clone(),
            shipping: intent.shipping.clone(),
            disputed: false,
            balance_transaction: None,
            disputed_at_ms: None,
        }
    }

    pub fn left(&self) -> i64 {
        self.amount - self.amount_refunded
    }

    pub fn render(&self, base: &str) -> Value {
        let is_paid = self.status == Status::Succeeded;
        let words = self.decline.map(Decline::words);
        shapes::CHARGE.filled(json!({
            "id": self.id,
            "payment_intent": self.intent,
            "created": self.created,
            "amount": self.amount,
            "amount_captured": if is_paid { self.amount } else { 0 },
            "amount_refunded": self.amount_refunded,
            "currency": self.currency,
            "status": self.status,
            "paid": is_paid,
            "captured": is_paid,
            "refunded": is_paid && self.left() == 0,
            "disputed": self.disputed,
            "balance_transaction": self.balance_transaction,
            "calculated_statement_descriptor": "SANDBOX",
            "billing_details": {
                "address": {
                    "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
                },
                "email": self.customer.email, "name": self.customer.name, "phone": null, "tax_id": null,
            },
            "failure_code": words.map(|(code, ..)| code),
            "failure_message": words.map(|(.., message)| message),
            "outcome": self.outcome(),
            "metadata": self.metadata,
            "description": self.description,
            "receipt_email": self.receipt_email,
            "receipt_url": is_paid.then(|| format!("{base}/receipts/{}", self.id)),
            "shipping": self.shipping,
            "payment_method": self.method.id,
            "payment_method_details": self.method.details(),
        }))
    }

    fn outcome(&self) -> Value {
        let decline = self.decline.map(|decline| decline.words().1);
        let (status, kind, message) = match self.status {
            Status::Succeeded => ("approved_by_network", "authorized", "Payment complete."),
            Status::Pending => ("approved_by_network", "authorized", "Payment pending."),
            Status::Failed => ("declined_by_network", "issuer_declined", "The bank declined the payment."),
        };
        json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": status, "reason": decline, "risk_level": "normal", "risk_score": 20,
            "seller_message": message, "type": kind,
        })
    }
}

/// `GET /v1/charges/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    Ok(books.charge(&asked.id, "id")?.render(&books.base))
}

/// `GET /v1/charges`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    let intent = asked.params.text("payment_intent")?;
    let created = lists::created(&mut asked.params)?;
    asked.end()?;
    let page = books.charges.page(&paging, |charge| {
        intent.as_ref().is_none_or(|intent| charge.intent == *intent) && created.holds(charge.created)
    });
    list("/v1/charges", page, "charge", |charge| charge.render(&books.base))
}

impl Books {
    pub(super) fn charge(&self, id: &str, param: &str) -> Result<&Charge, Refusal> {
        self.charges.get(id).ok_or_else(|| Refusal::no_such("charge", id, param))
    }

    /// Tells of a charge as it now is.
    pub(super) fn emit_charge(&mut self, kind: &str, id: &str) {
        if let Some(rendered) = self.charges.get(id).map(|charge| charge.render(&self.base)) {
            self.emit(kind, &rendered);
        }
    }
}
