//! Refunds: in parts or whole, never more than was charged.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::agenda::Due;
use super::books::{Asked, Books};
use super::cards::Fate;
use super::charges;
use super::lists::{self, list};
use super::methods::Kind;
use super::params::Metadata;
use super::refusals::Refusal;
use super::shelf::Kept;
use super::{ids, money, shapes};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Pending,
    Succeeded,
    Failed,
}

/// A refund. The amount is in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub charge: String,
    pub intent: String,
    pub created: u64,
    pub amount: i64,
    pub currency: String,
    pub status: Status,
    pub kind: Kind,
    pub reason: Option<String>,
    pub metadata: Metadata,
    /// When it becomes what it will be, in milliseconds since 1970.
    pub settles_at_ms: Option<u64>,
    /// Whether it will then have failed.
    pub fails: bool,
}

impl Kept for Refund {
    const KIND: &'static str = "refund";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Refund {
    pub fn render(&self) -> Value {
        let destination = match self.kind {
            Kind::Card => json!({
                "type": "card",
                "card": {
                    "reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund",
                },
            }),
            Kind::SepaDebit => json!({ "type": "sepa_debit", "sepa_debit": {} }),
        };
        let mut refund = shapes::REFUND.filled(json!({
            "id": self.id,
            "charge": self.charge,
            "payment_intent": self.intent,
            "created": self.created,
            "amount": self.amount,
            "currency": self.currency,
            "status": self.status,
            "reason": self.reason,
            "metadata": self.metadata,
            "balance_transaction": self.id.replacen("re_", "txn_", 1),
            "destination_details": destination,
        }));
        // Stripe has these only when they say something.
        match self.status {
            Status::Pending => refund["pending_reason"] = json!("processing"),
            Status::Failed => {
                refund["failure_reason"] = json!("expired_or_canceled_card");
                refund["failure_balance_transaction"] = json!(self.id.replacen("re_", "txn_f", 1));
            }
            Status::Succeeded => {}
        }
        refund
    }
}

/// `POST /v1/refunds`.
pub(super) fn create(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let params = &mut asked.params;
    let (intent, charge) = (params.text("payment_intent")?, params.text("charge")?);
    let amount = params.integer("amount")?;
    let reason = params.choice("reason", &["duplicate", "fraudulent", "requested_by_customer"])?;
    let metadata = params.metadata("metadata")?;
    asked.end()?;
    if amount.is_some_and(|amount| amount < 1) {
        let refusal = Refusal::invalid("This value must be greater than or equal to 1.");
        return Err(refusal.code("parameter_invalid_integer").param("amount"));
    }
    let charge = match (intent, charge) {
        (_, Some(charge)) => charge,
        (Some(intent), None) => {
            let intent = books.intent(&intent, "payment_intent")?;
            let charge = intent.latest_charge.as_ref().and_then(|id| books.charges.get(id));
            let Some(charge) = charge.filter(|charge| charge.status != charges::Status::Failed) else {
                let message = format!(
                    "This PaymentIntent ({}) does not have a successful charge to refund.",
                    intent.id
                );
                return Err(Refusal::of_state(message).code("payment_intent_unexpected_state"));
            };
            charge.id.clone()
        }
        (None, None) => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            return Err(Refusal::invalid(message).code("parameter_missing"));
        }
    };
    books.refund(&charge, amount, reason, metadata)
}

/// `GET /v1/refunds/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let refund = books.refunds.get(&asked.id);
    Ok(refund.ok_or_else(|| Refusal::no_such("refund", &asked.id, "id"))?.render())
}

/// `GET /v1/refunds`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    let (intent, charge) = (asked.params.text("payment_intent")?, asked.params.text("charge")?);
    let created = lists::created(&mut asked.params)?;
    asked.end()?;
    let page = books.refunds.page(&paging, |refund| {
        intent.as_ref().is_none_or(|intent| refund.intent == *intent)
            && charge.as_ref().is_none_or(|charge| refund.charge == *charge)
            && created.holds(refund.created)
    });
    list("/v1/refunds", page, "refund", Refund::render)
}

impl Books {
    /// Gives money back, all that is left unless an amount is said.
    pub(super) fn refund(
        &mut self,
        charge: &str,
        amount: Option<i64>,
        reason: Option<String>,
        metadata: Metadata,
    ) -> Result<Value, Refusal> {
        let (now, now_ms, later) = (self.now(), self.now_ms, self.pace.refund_ms);
        let charge = self.charge(charge, "charge")?.clone();
        match charge.status {
            charges::Status::Succeeded => {}
            charges::Status::Pending | charges::Status::Failed => {
                let message = format!("Charge {} has not succeeded; cannot issue a refund.", charge.id);
                return Err(Refusal::of_state(message).code("charge_not_refundable"));
            }
        }
        if charge.disputed {
            let message = format!("Charge {} has been charged back; cannot issue a refund.", charge.id);
            return Err(Refusal::of_state(message).code("charge_disputed"));
        }
        if charge.left() == 0 {
            let message = format!("Charge {} has already been refunded.", charge.id);
            return Err(Refusal::of_state(message).code("charge_already_refunded"));
        }
        let amount = amount.unwrap_or_else(|| charge.left());
        if amount > charge.left() {
            let (asked, left) =
                (money::written(amount, &charge.currency), money::written(charge.left(), &charge.currency));
            let message =
                format!("Refund amount ({asked}) is greater than unrefunded amount on charge ({left})");
            return Err(Refusal::of_state(message).param("amount"));
        }
        let (status, settles_at_ms, fails) = match (charge.method.kind, charge.method.fate) {
            (Kind::Card, Fate::RefundsFail) => (Status::Succeeded, Some(now_ms + later), true),
            (Kind::Card, Fate::RefundsLate) | (Kind::SepaDebit, _) => {
                (Status::Pending, Some(now_ms + later), false)
            }
            (Kind::Card, _) => (Status::Succeeded, None, false),
        };
        let refund = Refund {
            id: ids::new("re_3", 23),
            charge: charge.id.clone(),
            intent: charge.intent,
            created: now,
            amount,
            currency: charge.currency,
            status,
            kind: charge.method.kind,
            reason,
            metadata,
            settles_at_ms,
            fails,
        };
        if let Some(at) = settles_at_ms {
            self.agenda.insert((at, Due::Refund(refund.id.clone())));
        }
        let rendered = refund.render();
        self.refunds.put(refund);
        if let Some(charge) = self.charges.change(&charge.id) {
            charge.amount_refunded += amount;
        }
        self.emit("refund.created", &rendered);
        self.emit_charge("charge.refunded", &charge.id);
        Ok(rendered)
    }

    /// Lets a refund become what it will be.
    pub(super) fn settle_refund(&mut self, id: &str) {
        let Some(refund) = self.refunds.change(id).filter(|refund| refund.settles_at_ms.is_some()) else {
            return;
        };
        refund.settles_at_ms = None;
        refund.status = if refund.fails { Status::Failed } else { Status::Succeeded };
        let (rendered, amount, charge, fails) =
            (refund.render(), refund.amount, refund.charge.clone(), refund.fails);
        if fails && let Some(charge) = self.charges.change(&charge) {
            charge.amount_refunded -= amount;
        }
        self.emit("refund.updated", &rendered);
        if fails {
            self.emit("refund.failed", &rendered);
        }
        self.emit_charge("charge.updated", &charge);
    }
}
