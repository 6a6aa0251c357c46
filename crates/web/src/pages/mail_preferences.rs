//! News by mail, turned off from a link in a letter, without signing in.

pub mod show;
