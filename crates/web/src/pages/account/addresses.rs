//! The address book.

pub mod default;
pub mod deletion;
pub mod form;
pub mod index;
pub mod new;
pub mod show;

/// Where it is.
const PATH: &str = "/account/addresses";
