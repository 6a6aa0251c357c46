//! What Stripe answers in pages: charges, refunds, disputes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use miniserde::Deserialize;
use shop::{
    payments::{Charge, Dispute, DisputeState, Refund, RefundState},
    reconciliation::PaymentSeen,
};
use stripe::{Client, StripeRequest};
use stripe_core::{charge::ListCharge, dispute::ListDispute, refund::ListRefund};
use stripe_types::RangeQueryTs;

use super::{SESSION, failures, moment};
use crate::payments::Failure;

/// The most that one page holds.
pub(super) const PAGE: i64 = 100;
/// More pages than anybody needs: an end that never comes is a mistake.
pub(super) const PAGES_MAX: usize = 1_000;

/// One page of a list.
#[derive(Deserialize)]
pub(super) struct Page<T: Deserialize> {
    pub data: Vec<T>,
    pub has_more: bool,
}

#[derive(Deserialize)]
struct ChargeLite {
    id: String,
    amount: i64,
    amount_captured: Option<i64>,
    amount_refunded: i64,
    currency: String,
    status: String,
    created: i64,
    disputed: Option<bool>,
    metadata: Option<HashMap<String, String>>,
}

impl ChargeLite {
    fn has_come(&self) -> bool {
        self.status == "succeeded"
    }

    fn came(&self) -> i64 {
        self.amount_captured.unwrap_or(self.amount)
    }
}

#[derive(Deserialize)]
struct RefundLite {
    id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    created: i64,
}

#[derive(Deserialize)]
struct DisputeLite {
    id: String,
    amount: i64,
    currency: String,
    status: String,
    created: i64,
}

/// Money that came of a payment.
pub(super) async fn charges(client: &Client, payment: &str) -> Result<Vec<Charge>, Failure> {
    let list = ListCharge::new().payment_intent(payment).limit(PAGE);
    let page: Page<ChargeLite> = list.build().customize().send(client).await.map_err(failures::of)?;
    let came = page.data.into_iter().filter(ChargeLite::has_come);
    Ok(came
        .map(|charge| Charge {
            amount: charge.came(),
            currency: charge.currency.to_uppercase(),
            at: moment(charge.created),
            reference: charge.id,
        })
        .collect())
}

/// Money of a payment that went back. What was called off before it went is none.
pub(super) async fn refunds(client: &Client, payment: &str) -> Result<Vec<Refund>, Failure> {
    let list = ListRefund::new().payment_intent(payment).limit(PAGE);
    let page: Page<RefundLite> = list.build().customize().send(client).await.map_err(failures::of)?;
    let refunds = page.data.into_iter().filter_map(|refund| {
        let state = match refund.status.as_deref() {
            Some("succeeded") | None => RefundState::Succeeded,
            Some("failed") => RefundState::Failed,
            Some("canceled") => return None,
            Some(_) => RefundState::Pending,
        };
        Some(Refund {
            amount: refund.amount,
            currency: refund.currency.to_uppercase(),
            state,
            at: moment(refund.created),
            reference: refund.id,
        })
    });
    Ok(refunds.collect())
}

/// Money of a payment that the customer's bank wants back. An inquiry counts as a dispute for as long as it is open: printing goes
/// on when it is closed.
pub(super) async fn disputes(client: &Client, payment: &str) -> Result<Vec<Dispute>, Failure> {
    let list = ListDispute::new().payment_intent(payment).limit(PAGE);
    let page: Page<DisputeLite> = list.build().customize().send(client).await.map_err(failures::of)?;
    let disputes = page.data.into_iter().map(|dispute| Dispute {
        amount: dispute.amount,
        currency: dispute.currency.to_uppercase(),
        state: match dispute.status.as_str() {
            "won" | "warning_closed" | "prevented" => DisputeState::Won,
            "lost" => DisputeState::Lost,
            _ => DisputeState::Open,
        },
        at: moment(dispute.created),
        reference: dispute.id,
    });
    Ok(disputes.collect())
}

/// What was charged since then for sessions of ours.
pub(super) async fn payments(client: &Client, since: DateTime<Utc>) -> Result<Vec<PaymentSeen>, Failure> {
    let mut seen = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut list = ListCharge::new().created(RangeQueryTs::gte(since.timestamp())).limit(PAGE);
        if let Some(after) = after {
            list = list.starting_after(after);
        }
        let page: Page<ChargeLite> = list.build().customize().send(client).await.map_err(failures::of)?;
        after = page.data.last().map(|charge| charge.id.clone());
        for charge in page.data.into_iter().filter(ChargeLite::has_come) {
            let named = charge.metadata.as_ref().and_then(|metadata| metadata.get(SESSION));
            let Some(session_id) = named.and_then(|id| id.parse().ok()) else { continue };
            seen.push(PaymentSeen {
                session_id,
                charged: charge.came(),
                refunded: charge.amount_refunded,
                currency: charge.currency.to_uppercase(),
                is_disputed: charge.disputed.unwrap_or_default(),
                reference: charge.id,
            });
        }
        if !page.has_more || after.is_none() {
            return Ok(seen);
        }
    }
    Err(Failure::Transient("a list of charges without an end".to_owned()))
}
