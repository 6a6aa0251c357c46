//! What a customer keeps with the shop: who they are, where parcels go, and the way out.

pub mod addresses;
pub mod credits;
pub mod deletion;
pub mod email;
pub mod exports;
pub mod password;
pub mod profile;
pub mod second_factor;
pub mod sessions;
pub mod show;
