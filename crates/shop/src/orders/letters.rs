//! What customers and staff are written about an order.
//!
//! These letters go to the address that was given with the order, also where nobody has proved yet that it is theirs: a guest has
//! none that is proved, and whoever paid must hold a receipt. So that nobody has us write words of theirs to strangers, the name of
//! a picture stands in the receipt alone, which takes a payment; the others have numbers and our own words.

use serde_json::Value;
use sqlx::PgTransaction;

use super::{EndReason, Hold, events::OrderEventKind};
use crate::{
    Cause,
    ids::{AccountId, OrderEventId, OrderId},
    mails::{self, Letter},
    money::{Currency, Money},
    staff_alerts::{self, Alert},
};

/// Writes to whoever is to know of what just happened, once for each event.
pub(super) async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    event_id: OrderEventId,
    kind: OrderEventKind,
    details: &Value,
) -> sqlx::Result<()> {
    let order = sqlx::query!(
        r#"select account_id as "account_id: AccountId", email, end_reason as "end_reason: EndReason", hold as "hold: Hold",
                  currency as "currency: Currency", total
           from orders where id = $1"#,
        order_id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    let key = format!("order:{event_id}");
    // Without an amount of its own an event is about all of it. One in a currency that we do not sell in is none that can be told.
    let moved = if details.get("amount").is_some() {
        amount(details)
    } else {
        Some(Money::new(order.total, order.currency))
    };
    let letter = match kind {
        OrderEventKind::PaymentPending => Some(Letter::OrderReceived { order_id }),
        OrderEventKind::Paid => Some(Letter::OrderPaid { order_id }),
        OrderEventKind::PaymentFailed => Some(Letter::OrderPaymentFailed { order_id }),
        OrderEventKind::Expired => Some(Letter::OrderExpired { order_id }),
        OrderEventKind::Refunded => moved.map(|moved| Letter::OrderRefunded {
            order_id,
            amount: moved.amount,
            currency: moved.currency,
        }),
        OrderEventKind::Cancelled => called_off(order_id, reason(details).or(order.end_reason)),
        OrderEventKind::Placed
        | OrderEventKind::PaymentOpened
        | OrderEventKind::PaymentExpired
        | OrderEventKind::RefundFailed
        | OrderEventKind::Disputed
        | OrderEventKind::DisputeWon
        | OrderEventKind::DisputeLost
        | OrderEventKind::Held
        | OrderEventKind::Released
        | OrderEventKind::Resumed => None,
    };
    if let Some(letter) = letter.filter(|_| !order.email.is_empty()) {
        mails::write(tx, cause, order.account_id, &order.email, &letter, &key).await?;
    }
    // Staff have to look at it also then.
    let in_another_currency = Alert::OrderHeld { order_id, hold: Hold::CurrencyMismatch };
    let alert =
        match kind {
            OrderEventKind::RefundFailed => Some(moved.map_or(in_another_currency, |moved| {
                Alert::RefundFailed { order_id, amount: moved.amount, currency: moved.currency }
            })),
            OrderEventKind::Disputed => Some(moved.map_or(in_another_currency, |moved| {
                Alert::OrderDisputed { order_id, amount: moved.amount, currency: moved.currency }
            })),
            // A dispute says so itself.
            OrderEventKind::Held => hold(details)
                .or(order.hold)
                .filter(|hold| *hold != Hold::Dispute)
                .map(|hold| Alert::OrderHeld { order_id, hold }),
            OrderEventKind::Placed
            | OrderEventKind::PaymentOpened
            | OrderEventKind::PaymentPending
            | OrderEventKind::PaymentFailed
            | OrderEventKind::PaymentExpired
            | OrderEventKind::Paid
            | OrderEventKind::Refunded
            | OrderEventKind::DisputeWon
            | OrderEventKind::DisputeLost
            | OrderEventKind::Released
            | OrderEventKind::Cancelled
            | OrderEventKind::Expired
            | OrderEventKind::Resumed => None,
        };
    if let Some(alert) = alert {
        staff_alerts::tell(tx, cause, &alert, &key).await?;
    }
    Ok(())
}

/// Whoever ordered anew instead is not told that the old order is no more.
fn called_off(order_id: OrderId, reason: Option<EndReason>) -> Option<Letter> {
    match reason {
        Some(reason @ (EndReason::ByCustomer | EndReason::AlreadyPaid)) => {
            Some(Letter::OrderCalledOff { order_id, reason })
        }
        Some(EndReason::Replaced | EndReason::NotPaid) | None => None,
    }
}

fn known<T: serde::de::DeserializeOwned>(details: &Value, name: &str) -> Option<T> {
    serde_json::from_value(details.get(name)?.clone()).ok()
}

/// `reason` of an event's details, why an order is held.
pub fn hold(details: &Value) -> Option<Hold> {
    known(details, "reason")
}

/// `reason` of an event's details, why an order ended.
pub fn reason(details: &Value) -> Option<EndReason> {
    known(details, "reason")
}

/// `amount` and `currency` of an event's details.
pub fn amount(details: &Value) -> Option<Money> {
    Some(Money::new(details.get("amount")?.as_i64()?, known::<Currency>(details, "currency")?))
}
