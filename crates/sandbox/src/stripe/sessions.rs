//! Checkout Sessions: one attempt of a customer's to pay for a list of things.

mod create;
mod lines;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::books::{Asked, Books};
use super::lists::{self, list};
use super::params::Metadata;
use super::refusals::Refusal;
use super::shapes;
use super::shelf::Kept;

pub(super) use create::create;
pub(super) use lines::{Line, Shipping};

/// What became of a session.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Open,
    Complete,
    Expired,
}

/// Whether its money is there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaymentStatus {
    Unpaid,
    Paid,
    NoPaymentRequired,
}

/// A Checkout Session. Times are in seconds since 1970, amounts in the currency's smallest unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Session {
    pub id: String,
    pub created: u64,
    pub expires_at: u64,
    pub status: Status,
    pub payment_status: PaymentStatus,
    pub currency: String,
    pub lines: Vec<Line>,
    pub shipping: Vec<Shipping>,
    /// Which of the shipping options is chosen, the first until the customer says otherwise.
    pub chosen: usize,
    pub metadata: Metadata,
    pub intent_metadata: Metadata,
    pub intent_description: Option<String>,
    pub intent_shipping: Value,
    pub receipt_email: Option<String>,
    pub client_reference_id: Option<String>,
    pub customer_email: Option<String>,
    /// Who the customer says to be.
    pub customer_details: Option<Customer>,
    pub success_url: String,
    pub cancel_url: Option<String>,
    pub locale: Option<String>,
    pub submit_type: Option<String>,
    pub billing_address_collection: Option<String>,
    pub shipping_countries: Vec<String>,
    /// `card`, and `sepa_debit` for euros, unless the call said otherwise.
    pub methods: Vec<String>,
    pub intent: Option<String>,
}

/// What a customer typed beside the card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Customer {
    pub email: Option<String>,
    pub name: Option<String>,
}

impl Kept for Session {
    const KIND: &'static str = "session";

    fn id(&self) -> &str {
        &self.id
    }
}

impl Session {
    pub fn subtotal(&self) -> i64 {
        self.lines.iter().map(Line::total).sum()
    }

    pub fn shipping_amount(&self) -> i64 {
        self.shipping.get(self.chosen).map_or(0, |option| option.amount)
    }

    pub fn total(&self) -> i64 {
        self.subtotal() + self.shipping_amount()
    }

    /// The address to return to, with its id in it.
    pub fn success_url(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    pub fn is_payable(&self, now: u64) -> bool {
        self.status == Status::Open && now < self.expires_at
    }

    pub fn render(&self, base: &str) -> Value {
        let url = (self.status == Status::Open).then(|| format!("{base}/pay/{}", self.id));
        let shipping_cost = self.shipping.get(self.chosen).map(Shipping::cost);
        let countries = (!self.shipping_countries.is_empty())
            .then(|| json!({ "allowed_countries": self.shipping_countries }));
        let details = self.customer_details.clone().or_else(|| {
            let email = self.customer_email.clone()?;
            Some(Customer { email: Some(email), name: None })
        });
        shapes::SESSION.filled(json!({
            "id": self.id,
            "created": self.created,
            "expires_at": self.expires_at,
            "status": self.status,
            "payment_status": self.payment_status,
            "currency": self.currency,
            "amount_subtotal": self.subtotal(),
            "amount_total": self.total(),
            "total_details": {
                "amount_discount": 0, "amount_shipping": self.shipping_amount(), "amount_tax": 0,
            },
            "shipping_options": self.shipping.iter().map(Shipping::option).collect::<Vec<_>>(),
            "shipping_cost": shipping_cost,
            "metadata": self.metadata,
            "client_reference_id": self.client_reference_id,
            "customer_email": self.customer_email,
            "customer_details": details.map(|details| json!({
                "address": null, "business_name": null, "email": details.email, "individual_name": null,
                "name": details.name, "phone": null, "tax_exempt": "none", "tax_ids": [],
            })),
            "success_url": self.success_url,
            "cancel_url": self.cancel_url,
            "locale": self.locale,
            "submit_type": self.submit_type,
            "billing_address_collection": self.billing_address_collection,
            "shipping_address_collection": countries,
            "payment_method_types": self.methods,
            "payment_intent": self.intent,
            "url": url,
        }))
    }
}

/// `GET /v1/checkout/sessions/{id}`.
pub(super) fn show(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let session = books.session(&asked.id, "session")?;
    Ok(session.render(&books.base))
}

/// `GET /v1/checkout/sessions`.
pub(super) fn index(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    let intent = asked.params.text("payment_intent")?;
    let status = asked.params.choice("status", &["open", "complete", "expired"])?;
    let email = match asked.params.table("customer_details")? {
        Some(mut details) => {
            let email = details.text("email")?;
            details.end()?;
            email
        }
        None => None,
    };
    let created = lists::created(&mut asked.params)?;
    asked.end()?;
    let page = books.sessions.page(&paging, |session| {
        intent.as_ref().is_none_or(|intent| session.intent.as_ref() == Some(intent))
            && status.as_ref().is_none_or(|status| json!(session.status) == *status)
            && email.as_ref().is_none_or(|email| {
                session.customer_details.as_ref().and_then(|details| details.email.as_ref()) == Some(email)
            })
            && created.holds(session.created)
    });
    list("/v1/checkout/sessions", page, "checkout.session", |session| session.render(&books.base))
}

/// `GET /v1/checkout/sessions/{id}/line_items`.
pub(super) fn line_items(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let paging = lists::paging(&mut asked.params)?;
    asked.end()?;
    let session = books.session(&asked.id, "session")?;
    let after = paging.starting_after.as_ref();
    let skipped =
        after.and_then(|id| session.lines.iter().position(|line| line.id == *id)).map_or(0, |at| at + 1);
    let rest = session.lines.iter().skip(skipped);
    let data: Vec<_> = rest.clone().take(paging.limit).map(|line| line.render(session)).collect();
    Ok(json!({
        "object": "list", "data": data, "has_more": rest.count() > paging.limit,
        "url": format!("/v1/checkout/sessions/{}/line_items", session.id),
    }))
}

/// All line items at once, as `expand[]=line_items` gives them.
pub(super) fn expanded_lines(session: &Session) -> Value {
    let data: Vec<_> = session.lines.iter().map(|line| line.render(session)).collect();
    json!({
        "object": "list", "data": data, "has_more": false,
        "url": format!("/v1/checkout/sessions/{}/line_items", session.id),
    })
}

/// `POST /v1/checkout/sessions/{id}/expire`.
pub(super) fn expire(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    asked.end()?;
    let id = asked.id.clone();
    let status = books.session(&id, "session")?.status;
    if status != Status::Open {
        return Err(Refusal::of_state(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of \
             `{}`.",
            json!(status).as_str().unwrap_or_default()
        )));
    }
    books.expire_session(&id);
    Ok(books.session(&id, "session")?.render(&books.base))
}

impl Books {
    /// A session, or Stripe's words for that there is none.
    pub(super) fn session(&self, id: &str, param: &str) -> Result<&Session, Refusal> {
        self.sessions.get(id).ok_or_else(|| Refusal::no_such("checkout.session", id, param))
    }

    /// Closes a session that is still open, and the payment that was begun in it. False when it was not open.
    pub(super) fn expire_session(&mut self, id: &str) -> bool {
        let Some(session) = self.sessions.change(id).filter(|session| session.status == Status::Open) else {
            return false;
        };
        session.status = Status::Expired;
        let intent = session.intent.clone();
        let rendered = session.render(&self.base);
        if let Some(intent) = intent {
            self.cancel_intent(&intent, "automatic");
        }
        self.emit("checkout.session.expired", &rendered);
        true
    }
}
