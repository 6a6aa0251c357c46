//! Free ports on 127.0.0.1.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
};

/// The preferred port when nobody listens there, else any free one.
pub fn free(preferred: Option<u16>) -> io::Result<u16> {
    if let Some(port) = preferred.filter(|port| is_free(*port)) {
        return Ok(port);
    }
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Could we listen there?
pub fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_replaced_and_a_free_one_kept() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = taken.local_addr().expect("bound").port();
        assert_ne!(free(Some(port)).expect("another"), port);
        drop(taken);
        assert_eq!(free(Some(port)).expect("the same"), port);
    }
}
