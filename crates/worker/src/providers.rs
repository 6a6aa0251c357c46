//! Clients of the outside services. Each takes its address and its key from the configuration; nothing else differs
//! between a stand-in and the real thing.

pub mod openai;
pub mod smtp;
pub mod storage;
pub mod stripe;
