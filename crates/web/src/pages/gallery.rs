//! What everybody may see.

pub mod index;
