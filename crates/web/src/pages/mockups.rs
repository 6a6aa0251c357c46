//! What things will look like.

pub mod show;
