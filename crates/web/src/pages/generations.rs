//! What a customer asked for.

pub mod cancellation;
mod carrying;
mod choices;
pub mod index;
pub mod new;
pub mod preview;
pub mod show;
mod starting;
mod surprises;
pub mod waiting;
mod wishing;
