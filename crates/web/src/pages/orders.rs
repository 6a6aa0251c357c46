//! Orders, for whoever placed them: accounts, and guests by their browser or a link in a mail.

pub mod access;
pub mod cancellation;
pub mod index;
pub mod lookup;
pub mod payment;
pub mod resumption;
pub mod return_to_cart;
pub mod show;

use serde::Serialize;
use serde_json::Value;
use shop::{
    crops::Orientation,
    ids::OrderId,
    orders::{
        self, EndReason, Event, Hold, Line, Order, OrderStatus, PaymentStatus, Viewer, events::OrderEventKind,
    },
};

use crate::{error::Problem, pictures::Cropped, views, visit::Visit};

/// Where an account's are.
pub const PATH: &str = "/orders";

/// Where one of them is.
pub fn path(id: OrderId) -> String {
    format!("{PATH}/{id}")
}

/// Who looks.
pub async fn viewer(visit: &Visit) -> Result<Viewer, Problem> {
    let account_id = visit.visitor().await?.map(|visitor| visitor.account_id);
    Ok(Viewer { account_id, browser_hash: visit.cart.map(|value| value.id_hash()) })
}

/// An order that the visitor may see, and as whom they see it.
pub async fn seen(visit: &Visit, id: OrderId) -> Result<(Viewer, Order), Problem> {
    let viewer = viewer(visit).await?;
    let order = orders::find(&visit.site.db, &viewer, id).await?.ok_or(Problem::NotFound)?;
    Ok((viewer, order))
}

/// A thing that was ordered.
#[derive(Debug, Clone, Serialize)]
pub struct Thing {
    title: String,
    choices: String,
    caption: String,
    quantity: i32,
    unit: String,
    /// Before a discount and a tax on top, which have rows of their own.
    amount: String,
    sku: String,
    dpi: Option<i32>,
    seen: Option<Cropped>,
}

impl Thing {
    /// As it is shown.
    pub fn new(visit: &Visit, order: &Order, line: &Line) -> Self {
        let seen = line.card.as_ref().map(|card| visit.cropped(card, line.crop));
        Self::with(order, line, seen)
    }

    fn with(order: &Order, line: &Line, seen: Option<Cropped>) -> Self {
        let mut choices = line.choices();
        if line.orientation == Orientation::Landscape {
            choices =
                if choices.is_empty() { "landscape".to_owned() } else { format!("{choices}, landscape") };
        }
        Self {
            title: line.product_title.clone(),
            choices,
            caption: line.caption.clone(),
            quantity: line.quantity,
            unit: order.sums.money(line.unit).to_string(),
            amount: order.sums.money(line.subtotal).to_string(),
            sku: line.sku.clone(),
            dpi: line.effective_dpi,
            seen,
        }
    }

    /// All of an order.
    pub fn all(visit: &Visit, order: &Order) -> Vec<Self> {
        order.lines.iter().map(|line| Self::new(visit, order, line)).collect()
    }
}

/// Something that happened, in words.
#[derive(Debug, Clone, Serialize)]
pub struct Happened {
    at: String,
    text: String,
}

impl Happened {
    /// As its customer reads it.
    pub fn new(event: &Event) -> Self {
        Self { at: views::moment(event.at), text: event_text(event.kind, &event.details) }
    }
}

/// What happened, in words for the customer.
fn event_text(kind: OrderEventKind, details: &Value) -> String {
    let amount = orders::amount(details).map(|money| money.to_string());
    let text = match kind {
        OrderEventKind::Placed => "You placed the order.",
        OrderEventKind::PaymentOpened => "The page where it can be paid was opened.",
        OrderEventKind::PaymentPending => "You paid in a way that takes some days. The money is on its way.",
        OrderEventKind::PaymentFailed
            if details.get("reason").is_some_and(|reason| reason == "not_opened") =>
        {
            "The page where it can be paid could not be opened."
        }
        OrderEventKind::PaymentFailed => "The payment did not come through.",
        OrderEventKind::PaymentExpired => "The page where it could be paid was closed.",
        OrderEventKind::Paid => "The order is paid.",
        OrderEventKind::Refunded => {
            return match amount {
                Some(amount) => format!("We sent {amount} back to you."),
                None => "We sent money back to you.".to_owned(),
            };
        }
        OrderEventKind::RefundFailed => {
            "Your bank did not take the money that we sent back. We look for another way and write to you."
        }
        OrderEventKind::Disputed => "Your bank asked us for the money back.",
        OrderEventKind::DisputeWon => "Your bank closed its question, and the payment stands.",
        OrderEventKind::DisputeLost => "Your bank closed its question, and the money went back to you.",
        OrderEventKind::Held => "We began to check something about the payment.",
        OrderEventKind::Released => "We finished the check.",
        OrderEventKind::Cancelled => match orders::reason(details) {
            Some(EndReason::ByCustomer) => "You called the order off.",
            Some(EndReason::Replaced) => {
                "You changed your cart and ordered anew, so this order was called off."
            }
            Some(EndReason::AlreadyPaid) => {
                "You paid the order that this one replaced after all, so this one was called off."
            }
            Some(EndReason::NotPaid) | None => "The order was called off.",
        },
        OrderEventKind::Expired => "The order was not paid in time.",
        OrderEventKind::Resumed => "You took the order up again.",
    };
    text.to_owned()
}

/// Where an order stands, for lists: the class of its badge, and its words.
pub fn standing(
    status: OrderStatus,
    payment: PaymentStatus,
    hold: Option<Hold>,
) -> (&'static str, &'static str) {
    if hold.is_some() {
        return ("is-generating", "Being checked");
    }
    match status {
        OrderStatus::PendingPayment => match payment {
            PaymentStatus::Pending => ("is-queued", "Money on its way"),
            PaymentStatus::Failed => ("is-failed", "Payment failed"),
            PaymentStatus::None
            | PaymentStatus::Paid
            | PaymentStatus::Overpaid
            | PaymentStatus::PartiallyRefunded
            | PaymentStatus::Refunded
            | PaymentStatus::Disputed => ("is-queued", "To be paid"),
        },
        OrderStatus::Confirmed => match payment {
            PaymentStatus::Refunded => ("is-cancelled", "Refunded"),
            PaymentStatus::PartiallyRefunded => ("is-ready", "Paid, partly refunded"),
            PaymentStatus::None
            | PaymentStatus::Pending
            | PaymentStatus::Failed
            | PaymentStatus::Paid
            | PaymentStatus::Overpaid
            | PaymentStatus::Disputed => ("is-ready", "Paid"),
        },
        OrderStatus::Cancelled => ("is-cancelled", "Called off"),
        OrderStatus::Expired => ("is-cancelled", "Not paid in time"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use strum::VariantArray;

    use super::*;

    #[test]
    fn everything_that_can_happen_is_said_in_a_whole_sentence() {
        for kind in OrderEventKind::VARIANTS {
            let text = event_text(*kind, &json!({}));
            assert!(text.ends_with('.') && text.len() > 15, "{text}");
        }
        let refunded = json!({ "amount": 1_250, "currency": "EUR" });
        assert_eq!(event_text(OrderEventKind::Refunded, &refunded), "We sent €12.50 back to you.");
    }
}
