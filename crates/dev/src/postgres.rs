//! A private PostgreSQL: real programs, a data folder of ours, a free port on 127.0.0.1, a password.

mod adoption;
mod binaries;
mod cluster;
mod kept;
mod owner;
mod server;

pub use binaries::{Binaries, OLDEST};
pub use cluster::{Cluster, Durability};
pub use kept::Kept;
pub use server::Server;
