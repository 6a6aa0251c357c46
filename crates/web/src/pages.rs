//! The pages, each in a file named after its URL, its struct named after its template and above its handler.

pub mod assets;
pub mod doors;
pub mod gallery;
pub mod generations;
pub mod health;
pub mod home;
pub mod images;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
pub mod sources;
