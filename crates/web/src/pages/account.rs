//! What somebody does with their own account.

pub mod second_factor;
