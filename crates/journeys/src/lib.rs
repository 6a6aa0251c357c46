//! Whole customer stories: the production `web` and `worker` as processes of their own, the sandbox as the outside, and
//! a customer who only speaks HTTP.

pub mod buyers;
pub mod customers;
pub mod forms;
pub mod outside;
pub mod processes;
pub mod shops;

pub use customers::Customer;
pub use shops::TestShop;
