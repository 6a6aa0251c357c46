//! What keeps a visitor safe from other sites, whatever page they are on.

pub mod csrf;
pub mod headers;
pub mod known_browsers;
pub mod origin;
