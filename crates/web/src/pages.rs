//! The pages, each in a file named after its URL, its struct named after its template and above its handler.

pub mod account;
pub mod admin;
pub mod assets;
pub mod cart;
pub mod checkout;
mod codes;
pub mod confirmation;
pub mod doors;
pub mod email_changes;
pub mod gallery;
pub mod generations;
pub mod health;
pub mod home;
pub mod images;
pub mod links;
pub mod mail_preferences;
pub mod mockups;
pub mod orders;
pub mod password_resets;
pub mod products;
pub mod second_factor;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod sources;
pub mod unverified;
pub mod verifications;
