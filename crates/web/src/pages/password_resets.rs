//! Another password for somebody who forgot theirs.

pub mod new;
pub mod sent;
pub mod show;
