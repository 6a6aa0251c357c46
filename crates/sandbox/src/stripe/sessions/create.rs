//! `POST /v1/checkout/sessions`: everything that a call may say, checked one by one.
//!
//! Departures from Stripe: prices are inline only, discounts, taxes, subscriptions and customers are refused as unknown, and
//! the hosted page asks for no address.

mod amounts;
mod delivery;
mod items;

use serde_json::Value;

use super::{Line, PaymentStatus, Session, Shipping, Status};
use crate::stripe::agenda::Due;
use crate::stripe::books::{Asked, Books};
use crate::stripe::ids;
use crate::stripe::params::Params;
use crate::stripe::refusals::Refusal;
use amounts::check_total;
use delivery::{shipping, shipping_countries};
use items::lines;

const HALF_AN_HOUR: u64 = 30 * 60;
const A_DAY: u64 = 24 * 60 * 60;
const TAX_BEHAVIORS: &[&str] = &["exclusive", "inclusive", "unspecified"];
const METHODS: &[&str] = &["card", "sepa_debit"];

pub(in crate::stripe) fn create(books: &mut Books, asked: &mut Asked) -> Result<Value, Refusal> {
    let now = books.now();
    let params = &mut asked.params;
    let mode = params.choice("mode", &["payment", "setup", "subscription"])?;
    match mode.as_deref() {
        Some("payment") => {}
        None => return Err(Refusal::missing("mode")),
        Some(_) => {
            return Err(
                Refusal::invalid("The sandbox knows Checkout Sessions in payment mode only.").param("mode")
            );
        }
    }
    let success_url = url(params, "success_url")?.ok_or_else(|| Refusal::missing("success_url"))?;
    let cancel_url = url(params, "cancel_url")?;
    let (currency, lines) = lines(params)?;
    let shipping = shipping(params, &currency, now)?;
    let expires_at = expires_at(params, now)?;
    let metadata = params.metadata("metadata")?;
    let mut intent = params.table("payment_intent_data")?.unwrap_or_default();
    let intent_metadata = intent.metadata("metadata")?;
    let intent_description = intent.text("description")?;
    let receipt_email = intent.text("receipt_email")?;
    let intent_shipping = intent.table("shipping")?.map_or(Value::Null, Params::into_value);
    intent.choice("capture_method", &["automatic", "automatic_async"])?;
    intent.text("statement_descriptor_suffix")?;
    intent.end()?;
    let session = Session {
        id: ids::new("cs_test_a1", 56),
        created: now,
        expires_at,
        status: Status::Open,
        payment_status: PaymentStatus::Unpaid,
        methods: methods(params, &currency)?,
        currency,
        lines,
        shipping,
        chosen: 0,
        metadata,
        intent_metadata,
        intent_description,
        intent_shipping,
        receipt_email,
        client_reference_id: client_reference_id(params)?,
        customer_email: email(params)?,
        customer_details: None,
        success_url,
        cancel_url,
        locale: params.text("locale")?,
        submit_type: params.choice("submit_type", &["auto", "book", "donate", "pay"])?,
        billing_address_collection: params.choice("billing_address_collection", &["auto", "required"])?,
        shipping_countries: shipping_countries(params)?,
        intent: None,
    };
    presentation(params)?;
    asked.end()?;
    check_total(&session)?;
    let rendered = session.render(&books.base);
    books.agenda.insert((expires_at * 1000, Due::Expiry(session.id.clone())));
    books.sessions.put(session);
    Ok(rendered)
}

/// What Stripe knows and the sandbox has only one way for.
fn presentation(params: &mut Params) -> Result<(), Refusal> {
    params.choice("ui_mode", &["hosted", "hosted_page"])?;
    params.choice("customer_creation", &["always", "if_required"])?;
    params.choice("payment_method_collection", &["always", "if_required"])?;
    for name in [
        "automatic_tax",
        "adaptive_pricing",
        "phone_number_collection",
        "invoice_creation",
        "tax_id_collection",
    ] {
        if let Some(mut table) = params.table(name)? {
            if table.boolean("enabled")? == Some(true) && name != "adaptive_pricing" {
                let message = format!("The sandbox does not do {name}.");
                return Err(Refusal::invalid(message).param(table.name("enabled")));
            }
            table.end()?;
        }
    }
    Ok(())
}

fn url(params: &mut Params, name: &str) -> Result<Option<String>, Refusal> {
    let Some(url) = params.text(name)? else { return Ok(None) };
    if url.starts_with("http://") || url.starts_with("https://") {
        return Ok(Some(url));
    }
    let message = format!(
        "Invalid URL: An explicit scheme (such as https) must be provided. The value given for {name} was {url}"
    );
    Err(Refusal::invalid(message).code("url_invalid").param(name))
}

fn email(params: &mut Params) -> Result<Option<String>, Refusal> {
    let Some(email) = params.text("customer_email")? else { return Ok(None) };
    let has_both_sides =
        email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    if has_both_sides && !email.contains(char::is_whitespace) {
        return Ok(Some(email));
    }
    let message = format!("Invalid email address: {email}");
    Err(Refusal::invalid(message).code("email_invalid").param("customer_email"))
}

fn client_reference_id(params: &mut Params) -> Result<Option<String>, Refusal> {
    let id = params.text("client_reference_id")?;
    if id.as_ref().is_some_and(|id| id.chars().count() > 200) {
        let message = "client_reference_id must be at most 200 characters";
        return Err(Refusal::invalid(message).code("parameter_invalid_string").param("client_reference_id"));
    }
    Ok(id)
}

fn expires_at(params: &mut Params, now: u64) -> Result<u64, Refusal> {
    let Some(at) = params.integer("expires_at")? else { return Ok(now + A_DAY) };
    let at = u64::try_from(at).unwrap_or_default();
    if at < now + HALF_AN_HOUR {
        let message =
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.";
        return Err(Refusal::invalid(message).param("expires_at"));
    }
    if at > now + A_DAY {
        let message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.";
        return Err(Refusal::invalid(message).param("expires_at"));
    }
    Ok(at)
}

/// Stripe's dynamic payment methods, of which the sandbox has two; SEPA takes euros only.
fn methods(params: &mut Params, currency: &str) -> Result<Vec<String>, Refusal> {
    let mut methods: Vec<String> = METHODS.iter().map(|&method| method.to_owned()).collect();
    for name in ["payment_method_types", "allowed_payment_method_types"] {
        let wanted = params.texts(name)?;
        if !wanted.is_empty() {
            methods.retain(|method| wanted.contains(method));
        }
    }
    let unwanted = params.texts("excluded_payment_method_types")?;
    methods.retain(|method| !unwanted.contains(method) && (method != "sepa_debit" || currency == "eur"));
    params.text("payment_method_configuration")?;
    if methods.is_empty() {
        let message = "No valid payment method types for this Checkout Session. The sandbox has card, and sepa_debit for \
                       euros.";
        return Err(Refusal::invalid(message).param("payment_method_types"));
    }
    Ok(methods)
}
