//! How orders are paid: sessions at a payment provider, what it tells us, and the ledger of money that moved.

mod asking;
mod checking;
mod closing;
mod converging;
mod disputes;
mod facts;
mod holds;
mod ledger;
mod news;
mod opening;
mod outcomes;
mod pruning;
mod reading;
mod receiving;

pub use asking::look;
pub(crate) use asking::{is_open, is_under_way};
pub(crate) use checking::EVENTS_FOR;
pub use checking::{Checked, check};
pub(crate) use closing::cancel;
pub use closing::{Closing, to_expire};
pub use converging::converge;
pub(crate) use disputes::any_is_open as is_any_dispute_open;
pub use facts::{Charge, Dispute, DisputeState, Facts, Refund, RefundState, RemotePayment, RemoteState};
pub use ledger::{Entry, payment_status};
pub(crate) use ledger::{balances, entries, given_back, settle};
pub use opening::{Opened, Opening, OpeningLine, ask_anew, opened, to_open};
pub(crate) use opening::{begin, could_not_open};
pub(crate) use pruning::forget_told;
pub use pruning::{TOLD_KEPT, UNHANDLED_KEPT, prune};
pub use reading::{Reading, Session, latest, to_read};
pub(crate) use receiving::give_up as give_up_event;
pub use receiving::{EventOutcome, EventSession, PaymentEvent, Told, event, handled, receive};
use serde::{Deserialize, Serialize};

/// Stripe's name in `payment_sessions.provider`.
pub const STRIPE: &str = "stripe";

/// Where a session stands: opening → open → complete · processing → complete · failed; or expired.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum SessionState {
    /// The provider is being asked for a page.
    Opening,
    /// The customer can pay.
    Open,
    /// The customer did what they had to; the money is on its way.
    Processing,
    /// It is paid.
    Complete,
    /// Its page was closed before anybody paid.
    Expired,
    /// It could not be opened, or the money did not come.
    Failed,
}

/// Which way money moved, or is said to move.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum LedgerKind {
    /// From the customer to us.
    Charge,
    /// Back to the customer.
    Refund,
    /// What was to go back is with us again.
    RefundFailed,
    /// The customer's bank took it for now.
    Dispute,
    /// The bank gave it back.
    DisputeWon,
    /// The bank keeps it.
    DisputeLost,
}
