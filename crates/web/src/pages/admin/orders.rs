//! Orders as the office sees them.

pub mod index;
pub mod release;
pub mod show;

use shop::{
    money::{Currency, Money},
    orders::{EndReason, Hold, OrderStatus, PaymentStatus},
    payments::{LedgerKind, SessionState},
};

/// Where they are.
pub const PATH: &str = "/admin/orders";
/// Those of which nothing is printed until somebody has looked.
pub const HELD: &str = "/admin/orders?held=yes";

fn status_text(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::PendingPayment => "To be paid",
        OrderStatus::Confirmed => "Confirmed",
        OrderStatus::Cancelled => "Cancelled",
        OrderStatus::Expired => "Not paid in time",
    }
}

fn status_class(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::PendingPayment => "is-queued",
        OrderStatus::Confirmed => "is-ready",
        OrderStatus::Cancelled | OrderStatus::Expired => "is-cancelled",
    }
}

fn payment_text(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::None => "No money has moved",
        PaymentStatus::Pending => "Money on its way",
        PaymentStatus::Failed => "Payment failed",
        PaymentStatus::Paid => "Paid",
        PaymentStatus::Overpaid => "Overpaid",
        PaymentStatus::PartiallyRefunded => "Partly refunded",
        PaymentStatus::Refunded => "Refunded",
        PaymentStatus::Disputed => "Disputed",
    }
}

fn hold_text(hold: Hold) -> &'static str {
    match hold {
        Hold::Dispute => "The customer's bank wants the money back.",
        Hold::AmountMismatch => "Another amount came than was asked for.",
        Hold::CurrencyMismatch => "Another currency came than was asked for.",
        Hold::PaidTwice => "It was paid more than once.",
        Hold::PaidAfterEnd => "It was paid after it had ended.",
    }
}

fn end_text(reason: EndReason) -> &'static str {
    match reason {
        EndReason::ByCustomer => "the customer called it off",
        EndReason::Replaced => "the cart was changed and ordered again",
        EndReason::AlreadyPaid => "the order that it replaced was paid after all, or its money is on its way",
        EndReason::NotPaid => "it was not paid in time",
    }
}

fn session_text(state: SessionState) -> &'static str {
    match state {
        SessionState::Opening => "Being opened",
        SessionState::Open => "Open",
        SessionState::Processing => "Money on its way",
        SessionState::Complete => "Paid",
        SessionState::Expired => "Closed unpaid",
        SessionState::Failed => "Failed",
    }
}

fn ledger_text(kind: LedgerKind) -> &'static str {
    match kind {
        LedgerKind::Charge => "Charge",
        LedgerKind::Refund => "Refund",
        LedgerKind::RefundFailed => "Refund came back",
        LedgerKind::Dispute => "Taken for a dispute",
        LedgerKind::DisputeWon => "Dispute won",
        LedgerKind::DisputeLost => "Dispute lost",
    }
}

/// An amount, also in a currency that is none of ours: then in its smallest unit.
fn money(amount: i64, currency: &str) -> String {
    match currency.parse::<Currency>() {
        Ok(currency) => Money::new(amount, currency).to_string(),
        Err(_) => format!("{amount} {currency} in the smallest unit"),
    }
}
