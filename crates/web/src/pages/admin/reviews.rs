//! What is to hang in the gallery, and what was reported there.

pub mod index;
pub mod verdict;
