//! What the shop *is*: its nouns, the states they pass through, every SQL statement, and the jobs that a change starts.
//!
//! The one rule: a page changes the model and enqueues, in one transaction; a job reads the model, talks to the outside,
//! changes the model. This crate is the model. It knows neither HTTP nor any outside service.

pub mod accounts;
pub mod addresses;
pub mod audit;
pub mod blocklists;
pub mod carts;
pub mod cause;
pub mod checkouts;
pub mod coupons;
pub mod credits;
pub mod crops;
pub mod exports;
pub mod findings;
pub mod generations;
pub mod ids;
pub mod images;
pub mod jobs;
pub mod mails;
pub mod mockups;
pub mod money;
pub mod office;
pub mod orders;
pub mod payments;
pub mod price_lists;
pub mod prices;
pub mod products;
pub mod providers;
pub mod queue;
pub mod reconciliation;
pub mod schedules;
pub mod schema;
pub mod second_factors;
pub mod sessions;
pub mod shipping;
pub mod sources;
mod staff_alerts;
pub mod strikes;
pub mod taxes;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttles;
pub mod tokens;
pub mod totals;

pub use cause::Cause;

/// How many rows that nobody needs any more are deleted at once: few enough for a statement of some milliseconds.
const PRUNED_AT_ONCE: i64 = 1_000;

/// A change came too late: the row was no longer in a state that allows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the row had already moved on")]
pub struct StaleTransition;

/// The name of the constraint that refused a statement, if one did. These names are the contract between the
/// migrations and whoever turns a refusal into words.
pub(crate) fn violated_constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}
