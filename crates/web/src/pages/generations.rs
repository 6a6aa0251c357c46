//! What a customer asked for.

pub mod cancellation;
mod choices;
pub mod index;
pub mod new;
pub mod preview;
pub mod show;
mod starting;
mod surprises;
pub mod unverified;
pub mod waiting;
mod wishing;
