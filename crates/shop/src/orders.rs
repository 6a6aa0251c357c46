//! Orders: pending_payment → confirmed · cancelled · expired. Beside that, whether it is paid (computed from the ledger), and
//! whether somebody of the staff must look at it before anything is printed.

mod accesses;
mod calling_off;
mod confirming;
mod ending;
pub mod events;
mod forgetting;
mod locking;
mod paying;
mod reading;
mod releasing;
mod resuming;
mod returning;
mod timeline;
mod wording;

pub(crate) use accesses::grant as grant_access;
pub use accesses::{ACCESS_LASTS, ask_for_link, follow, prune_accesses};
pub use calling_off::{CallOffError, call_off};
pub(crate) use forgetting::forget;
pub use letters::{amount, hold, reason};
pub(crate) use locking::{lock, lock_all};
pub use paying::pay_again;
pub(crate) use reading::read;
pub use reading::{Bill, Line, Listed, Order, Viewer, find, list, pictures};
pub use releasing::{NOTE_MAX, ReleaseError, Released, release};
pub use resuming::{ResumeError, resume};
pub use returning::{PutBack, put_back};
mod comparing;
mod letters;
mod placing;

pub use comparing::{Change, Changed, still_holds};
pub(crate) use confirming::{confirm, empty_cart};
pub(crate) use ending::{end, make_way, reopen};
pub use placing::{PlaceError, Placing, Seen, Sums, place};
use serde::{Deserialize, Serialize};
pub use timeline::{Event, timeline};
pub use wording::SumRow;

/// Where an order stands.
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
pub enum OrderStatus {
    /// It is to be paid.
    PendingPayment,
    /// It is paid, or costs nothing.
    Confirmed,
    /// It will not be paid any more, because somebody said so.
    Cancelled,
    /// It was not paid in time. It can be resumed.
    Expired,
}

/// Why an order ended without having been paid.
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
pub enum EndReason {
    /// The customer called it off.
    ByCustomer,
    /// The cart was changed and ordered again.
    Replaced,
    /// The order that it replaced was paid after all.
    AlreadyPaid,
    /// Nobody paid in time.
    NotPaid,
}

/// Whether an order is paid: a function of its ledger entries and its open session.
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
pub enum PaymentStatus {
    /// No money has moved, and none is on its way.
    None,
    /// The customer did what they had to; the money is on its way.
    Pending,
    /// It did not come. It can be paid in another way.
    Failed,
    /// All of it is there.
    Paid,
    /// More than all of it is there.
    Overpaid,
    /// A part went back.
    PartiallyRefunded,
    /// All of it went back.
    Refunded,
    /// The customer's bank wants it back, or took it.
    Disputed,
}

/// Why nothing is printed until somebody of the staff has looked at an order.
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
pub enum Hold {
    /// The customer's bank wants the money back.
    Dispute,
    /// Another amount came than was asked for.
    AmountMismatch,
    /// Another currency came than was asked for.
    CurrencyMismatch,
    /// It was paid more than once.
    PaidTwice,
    /// It was paid after it had ended.
    PaidAfterEnd,
}
