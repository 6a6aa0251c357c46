//! Who asks: the client's address, as told by the proxies that we trust and by nobody else.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use poem::http::{HeaderMap, HeaderName};

/// Each proxy adds the address that asked it at the right end. What stands further left than the first address that we do
/// not trust was written by a stranger.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// Who has one IPv6 address has a /64 of them (RFC 6177 §2): limits count networks, not addresses.
const IPV6_NETWORK: u8 = 64;

/// Networks whose machines tell the truth about who asked them: `TRUSTED_PROXIES`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// What stands in the list and is neither an address nor a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an address nor a network such as 10.0.0.0/8")]
pub struct NoNetwork(String);

impl FromStr for TrustedProxies {
    type Err = NoNetwork;

    fn from_str(list: &str) -> Result<Self, NoNetwork> {
        let entries = list.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let network = |entry: &str| {
            let address = || entry.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
            entry.parse().or_else(|_| address()).map_err(|_| NoNetwork(entry.to_owned()))
        };
        entries.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for TrustedProxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

impl TrustedProxies {
    /// The networks.
    pub fn networks(&self) -> &[IpNet] {
        &self.0
    }

    /// The address of whoever asked: the peer, or if we trust it the one that it names, and so on. An entry that is no
    /// address ends the walk: whoever passed it on is then the last one known.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut entries = headers
            .get_all(FORWARDED_FOR)
            .iter()
            .rev()
            .flat_map(|line| line.to_str().unwrap_or_default().rsplit(','));
        let mut client = peer.to_canonical();
        while self.trusts(client) {
            let Some(next) = entries.next().and_then(address) else { break };
            client = next;
        }
        client
    }

    fn trusts(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The network that limits count an address under.
pub fn network(client: IpAddr) -> IpNet {
    match client.to_canonical() {
        IpAddr::V4(address) => Ipv4Net::from(address).into(),
        IpAddr::V6(address) => Ipv6Net::new_assert(address, IPV6_NETWORK).trunc().into(),
    }
}

/// Some proxies add the port.
fn address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let with_port = || entry.parse::<SocketAddr>().map(|address| address.ip());
    entry.parse().or_else(|_| with_port()).ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn client(trusted: &str, peer: &str, forwarded: &[&[u8]]) -> String {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(line).expect("a header"));
        }
        let trusted: TrustedProxies = trusted.parse().expect("networks");
        trusted.client(peer.parse().expect("an address"), &headers).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_is_believed() {
        const TRUSTED: &str = "10.0.0.0/8, 192.0.2.1,fd00::/8";
        let table: &[(&str, &[&[u8]], &str, &str)] = &[
            ("10.0.0.1", &[], "10.0.0.1", "a proxy that says nothing"),
            ("10.0.0.1", &[b"203.0.113.7"], "203.0.113.7", "one proxy"),
            ("10.0.0.1", &[b"203.0.113.7, 10.0.0.2"], "203.0.113.7", "two proxies"),
            ("10.0.0.1", &[b"203.0.113.7,192.0.2.1 , 10.0.0.2"], "203.0.113.7", "three"),
            ("10.0.0.1", &[b"203.0.113.7", b"10.0.0.2"], "203.0.113.7", "two headers"),
            ("203.0.113.7", &[b"198.51.100.1"], "203.0.113.7", "a stranger who claims to be somebody"),
            ("203.0.113.7", &[b"10.0.0.1"], "203.0.113.7", "a stranger who claims to be a proxy"),
            ("10.0.0.1", &[b"10.0.0.9, 198.51.100.1, 203.0.113.7"], "203.0.113.7", "a planted beginning"),
            ("10.0.0.1", &[b"198.51.100.1", b"203.0.113.7"], "203.0.113.7", "a planted header"),
            ("10.0.0.1", &[b"198.51.100.1, nonsense"], "10.0.0.1", "no address at the end"),
            ("10.0.0.1", &[b"198.51.100.1, nonsense, 10.0.0.2"], "10.0.0.2", "no address on the way"),
            ("10.0.0.1", &[b"198.51.100.1,"], "10.0.0.1", "an empty entry"),
            ("10.0.0.1", &[b""], "10.0.0.1", "an empty header"),
            ("10.0.0.1", &[b"198.51.100.1, 203.0.113.7\xff"], "10.0.0.1", "no text"),
            ("10.0.0.1", &[b"unknown"], "10.0.0.1", "what RFC 7239 calls unknown"),
            ("10.0.0.1", &[b"10.0.0.3, 10.0.0.2"], "10.0.0.3", "proxies all the way"),
            ("10.0.0.1", &[b"203.0.113.7:4711"], "203.0.113.7", "with a port"),
            ("10.0.0.1", &[b"[2001:db8::7]:4711"], "2001:db8::7", "IPv6 with a port"),
            ("::ffff:10.0.0.1", &[b"203.0.113.7"], "203.0.113.7", "a proxy by its IPv4-mapped address"),
            ("10.0.0.1", &[b"::ffff:203.0.113.7"], "203.0.113.7", "a client by its IPv4-mapped address"),
            ("10.0.0.1", &[b"203.0.113.7, ::ffff:10.0.0.2"], "203.0.113.7", "a mapped one on the way"),
            ("fd00::1", &[b"2001:db8::7"], "2001:db8::7", "IPv6"),
            ("fe80::1", &[b"2001:db8::7"], "fe80::1", "IPv6 that is not trusted"),
            ("10.0.0.1", &[b"fe80::1%eth0"], "10.0.0.1", "an address with a zone"),
            ("10.0.0.1", &[b"010.0.0.1"], "10.0.0.1", "an address that could be octal"),
        ];
        for (peer, forwarded, expected, story) in table {
            assert_eq!(client(TRUSTED, peer, forwarded), *expected, "{story}");
        }
        assert_eq!(client("", "10.0.0.1", &[b"203.0.113.7"]), "10.0.0.1", "by default nobody is trusted");
    }

    #[test]
    fn a_list_is_read_or_refused_whole() {
        let list: TrustedProxies = " 10.0.0.0/8, ::1 ,192.0.2.1".parse().expect("networks");
        assert_eq!(list.to_string(), "10.0.0.0/8,::1/128,192.0.2.1/32");
        assert_eq!("".parse(), Ok(TrustedProxies::default()));
        for wrong in ["proxy.example", "10.0.0.0/33", "10.0.0.1 10.0.0.2", "*"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn limits_count_networks() {
        for (client, counted) in [
            ("203.0.113.7", "203.0.113.7/32"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
            ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ] {
            assert_eq!(network(client.parse().expect("an address")).to_string(), counted);
        }
    }
}
