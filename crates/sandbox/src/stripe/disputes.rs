//! Disputes: a customer's bank takes the money back, and a while later decides who keeps it.
//!
//! Departures from Stripe: `balance_transactions` stays empty, evidence is not taken, and there are no inquiries.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::charges;
use super::lists::{self, list};
use super::refusals::Refusal;
use super::shelf::Kept;
use super::{ids, shapes};

/// How long Stripe gives for an answer, about: in seconds.
const A_WEEK: u64 = 7 * 24 * 60 * 60;

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    NeedsResponse,
    Won,
    Lost,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Dispute {
    pub id: String,
    pub charge: String,
    pub intent: String,
    pub created: u64,
    pub amount: i64,
    pub currency: String,
    pub brand: String,
    pub reason: String,
    pub status: Status,
}

impl Kept for Dispute {
    const KIND: &'static str = "dispute";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Dispute {
    pub fn render(&self) -> Value {
        let mut dispute = shapes::DISPUTE.filled(json!({
            "id": self.id,
            "charge": self.charge,
            "payment_intent": self.intent,
            "created": self.created,
            "amount": self.amount,
            "currency": self.currency,
            "reason": self.reason,
            "status": self.status,
            "is_charge_refundable": false,
            "payment_method_details": {
                "type": "card",
                "card": {
                    "brand": self.brand, "case_type": "chargeback", "network": self.brand, "network_reason_code": "10.4",
                },
            },
        }));
        if self.status == Status::NeedsResponse {
            dispute["evidence_details"]["due_by"] = json!(self.created + A_WEEK);
        }
        dispute
    }
}

/// `GET /v1/disputes/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    Ok(books.dispute(&asked.id)?.render())
}

/// `GET /v1/disputes`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    let (intent, charge) = (asked.params.text("payment_intent")?, asked.params.text("charge")?);
    let created = lists::created(&mut asked.params)?;
    asked.end()?;
    let page = books.disputes.page(&paging, |dispute| {
        intent.as_ref().is_none_or(|intent| dispute.intent == *intent)
            && charge.as_ref().is_none_or(|charge| dispute.charge == *charge)
            && created.holds(dispute.created)
    });
    list("/v1/disputes", page, "dispute", Dispute::render)
}

/// `POST /v1/disputes/{id}/close`: the shop gives in.
pub(super) fn close(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let id = asked.id.clone();
    books.close_dispute(&id, false)?;
    Ok(books.dispute(&id)?.render())
}

impl Books {
    fn dispute(&self, id: &str) -> Result<&Dispute, Refusal> {
        self.disputes.get(id).ok_or_else(|| Refusal::no_such("dispute", id, "dispute"))
    }

    /// The bank takes a charge back.
    pub(super) fn open_dispute(&mut self, charge: &str, reason: &str) -> Result<String, Refusal> {
        let now = self.now();
        self.charge(charge, "charge")?;
        let Some(charge) = self.charges.change(charge) else {
            return Err(Refusal::no_such("charge", charge, "charge"));
        };
        charge.disputed_at_ms = None;
        match charge.status {
            charges::Status::Succeeded if !charge.disputed && charge.left() > 0 => {}
            charges::Status::Succeeded | charges::Status::Pending | charges::Status::Failed => {
                let message = format!("Charge {} has no money that could be disputed.", charge.id);
                return Err(Refusal::of_state(message));
            }
        }
        charge.disputed = true;
        let dispute = Dispute {
            id: ids::new("du_1", 23),
            charge: charge.id.clone(),
            intent: charge.intent.clone(),
            created: now,
            amount: charge.left(),
            currency: charge.currency.clone(),
            brand: charge.method.brand.clone(),
            reason: reason.to_owned(),
            status: Status::NeedsResponse,
        };
        let (id, charge, rendered) = (dispute.id.clone(), dispute.charge.clone(), dispute.render());
        self.disputes.put(dispute);
        self.emit("charge.dispute.created", &rendered);
        self.emit("charge.dispute.funds_withdrawn", &rendered);
        self.emit_charge("charge.updated", &charge);
        Ok(id)
    }

    /// The bank decides. A dispute that is won brings the money back.
    pub(super) fn close_dispute(&mut self, id: &str, won: bool) -> Result<(), Refusal> {
        self.dispute(id)?;
        let Some(dispute) = self.disputes.change(id) else {
            return Err(Refusal::no_such("dispute", id, "dispute"));
        };
        if dispute.status != Status::NeedsResponse {
            return Err(Refusal::of_state("This dispute is already closed.").code("dispute_already_closed"));
        }
        dispute.status = if won { Status::Won } else { Status::Lost };
        let (rendered, charge) = (dispute.render(), dispute.charge.clone());
        if won {
            if let Some(charge) = self.charges.change(&charge) {
                charge.disputed = false;
            }
            self.emit("charge.dispute.funds_reinstated", &rendered);
        }
        self.emit("charge.dispute.updated", &rendered);
        self.emit("charge.dispute.closed", &rendered);
        self.emit_charge("charge.updated", &charge);
        Ok(())
    }
}
