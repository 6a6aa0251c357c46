//! Checkout Sessions: opened, closed and read.

use std::collections::HashMap;

use miniserde::Deserialize;
use shop::payments::{Facts, Opened, Opening, RemotePayment, RemoteState};
use stripe::{Client, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::{
    CheckoutSessionMode,
    checkout_session::{
        CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
        CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession, ProductData, RetrieveCheckoutSession,
    },
};
use stripe_types::Currency;
use url::Url;

use super::{ORDER, SESSION, failures, lists, moment};
use crate::payments::Failure;

#[derive(Deserialize)]
struct OpenedLite {
    id: String,
    url: Option<String>,
    expires_at: i64,
}

#[derive(Deserialize)]
struct ClosedLite {}

#[derive(Deserialize)]
struct SessionLite {
    id: String,
    status: Option<String>,
    payment_status: String,
    amount_total: Option<i64>,
    currency: Option<String>,
    payment_intent: Option<IntentLite>,
}

#[derive(Deserialize)]
struct IntentLite {
    id: String,
    status: String,
}

/// Has a page made. The key is the session's and that of the end of its page, so that a call whose answer was lost is the same
/// call when it is made again. A list of sessions can be had by customer, payment, state and time, not by our marks
/// (docs.stripe.com/api/checkout/sessions/list): what came of a call that failed there is not looked for.
pub(super) async fn open(client: &Client, shop: &Url, opening: &Opening) -> Result<Opened, Failure> {
    let refused = |what: &str| Failure::Rejected(what.to_owned());
    let currency: Currency = opening
        .due
        .currency
        .code()
        .to_lowercase()
        .parse()
        .map_err(|_| refused("a currency that Stripe does not know"))?;
    let items: Vec<_> = opening
        .lines
        .iter()
        .map(|line| {
            let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency.clone());
            price.unit_amount = Some(line.amount);
            price.product_data = Some(ProductData::new(line.name.as_str()));
            CreateCheckoutSessionLineItems {
                quantity: Some(1),
                price_data: Some(price),
                ..Default::default()
            }
        })
        .collect();
    let marks = HashMap::from([
        (ORDER.to_owned(), opening.order_id.to_string()),
        (SESSION.to_owned(), opening.session_id.to_string()),
    ]);
    let page = format!("orders/{}", opening.order_id);
    let page = shop.join(&page).map_err(|_| Failure::Configuration("PUBLIC_URL".to_owned()))?;
    // Marks of a session are not those of its payment.
    let payment =
        CreateCheckoutSessionPaymentIntentData { metadata: Some(marks.clone()), ..Default::default() };
    let key = format!("checkout-{}-{}", opening.session_id, opening.expires_at.timestamp());
    let key = IdempotencyKey::new(key).map_err(|_| refused("a key that is too long"))?;
    let mut request = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .line_items(items)
        .metadata(marks)
        .payment_intent_data(payment)
        .client_reference_id(opening.order_id.to_string())
        .customer_email(opening.email.as_str())
        .expires_at(opening.expires_at.timestamp())
        .success_url(format!("{page}?paid=1"))
        .cancel_url(page.as_str())
        .build();
    request.body = request.body.as_deref().map(in_one_order);
    let opened: OpenedLite = request
        .customize()
        .request_strategy(RequestStrategy::Idempotent(key))
        .send(client)
        .await
        .map_err(failures::of)?;
    let url = opened.url.ok_or_else(|| Failure::Transient("a session without a page".to_owned()))?;
    Ok(Opened { reference: opened.id, url, expires_at: moment(opened.expires_at) })
}

/// The same form with its marks in the order of their names: a map has another one each time, and the same call is to be the same
/// to the byte.
fn in_one_order(form: &str) -> String {
    let mut fields: Vec<&str> = form.split('&').collect();
    fields.sort_by_key(|field| if field.contains("metadata") { field } else { "" });
    fields.join("&")
}

/// Closes a page. Stripe answers 400 for one that is not open any more, which is as good.
pub(super) async fn expire(client: &Client, reference: &str) -> Result<(), Failure> {
    let closed: Result<ClosedLite, StripeError> =
        ExpireCheckoutSession::new(reference).build().customize().send(client).await;
    match closed {
        Ok(ClosedLite {}) | Err(StripeError::Stripe(_, 400)) => Ok(()),
        Err(error) => Err(failures::of(error)),
    }
}

/// All that is true of a session now. First the session, then what came of its payment: what happens in between is in the
/// ledger a little sooner than in the state, and never later.
pub(super) async fn read(client: &Client, reference: &str) -> Result<Facts, Failure> {
    let request = RetrieveCheckoutSession::new(reference).expand(vec!["payment_intent".to_owned()]);
    let session: SessionLite = request.build().customize().send(client).await.map_err(failures::of)?;
    let unknown = |what: &str| Failure::Transient(format!("a session without {what}"));
    let state = match session.status.as_deref() {
        Some("open") => RemoteState::Open,
        Some("complete") => RemoteState::Complete,
        Some("expired") => RemoteState::Expired,
        Some(_) | None => return Err(unknown("a state that is known")),
    };
    let intent = session.payment_intent;
    let payment =
        match (session.payment_status.as_str(), intent.as_ref().map(|intent| intent.status.as_str())) {
            ("paid", _) => RemotePayment::Paid,
            ("no_payment_required", _) => RemotePayment::NoneNeeded,
            (_, Some("processing" | "succeeded")) => RemotePayment::Processing,
            // Of a session that is complete: a delayed payment came back.
            (_, Some("requires_payment_method" | "canceled")) if state == RemoteState::Complete => {
                RemotePayment::Failed
            }
            _ => RemotePayment::Unpaid,
        };
    let (mut charges, mut refunds, mut disputes) = (vec![], vec![], vec![]);
    if let Some(intent) = &intent {
        charges = lists::charges(client, &intent.id).await?;
        if !charges.is_empty() {
            refunds = lists::refunds(client, &intent.id).await?;
            disputes = lists::disputes(client, &intent.id).await?;
        }
    }
    if payment == RemotePayment::Paid && charges.is_empty() {
        return Err(unknown("the charge that paid it"));
    }
    Ok(Facts {
        reference: session.id,
        payment_ref: intent.map(|intent| intent.id),
        state,
        payment,
        amount: session.amount_total.ok_or_else(|| unknown("an amount"))?,
        currency: session.currency.ok_or_else(|| unknown("a currency"))?.to_uppercase(),
        charges,
        refunds,
        disputes,
    })
}
