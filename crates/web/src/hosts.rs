//! Under which names the shop may be asked for. A request for another one is a mistake of whoever set the names up, or an
//! attack on what believes them: caches, links, and in development a page of another site that had its name point here.

use poem::{
    Request, Response,
    http::{StatusCode, header, uri::Authority},
};
use shop::findings::is_loopback;

use crate::config::{AppEnv, Config};

/// Whoever watches over the process asks by address.
const ANY_NAME: [&str; 2] = ["/healthz", "/readyz"];

/// The names.
#[derive(Debug)]
pub struct Hosts {
    names: Vec<String>,
    loopback: bool,
}

impl Hosts {
    /// That of `PUBLIC_URL` and those of `ALLOWED_HOSTS`; in development also whatever is this very machine.
    pub fn new(config: &Config) -> Self {
        let further = config.allowed_hosts.split(',').map(str::trim).filter(|name| !name.is_empty());
        let names = config.public_url.host_str().into_iter().chain(further).map(str::to_lowercase).collect();
        Self { names, loopback: config.app_env == AppEnv::Development }
    }

    /// The refusal, if a request is not for us.
    pub fn refusal(&self, request: &Request) -> Option<Response> {
        if ANY_NAME.contains(&request.uri().path()) {
            return None;
        }
        let mut named = request.headers().get_all(header::HOST).iter();
        let (Some(host), None) = (named.next(), named.next()) else {
            return Some(plain(StatusCode::BAD_REQUEST, "The request must name one host.\n"));
        };
        // The authority of a request line that has one comes before the header (RFC 9112 §3.2.2): both must be ours.
        let authority = request.uri().authority().map(Authority::as_str);
        let ours =
            authority.into_iter().chain([host.to_str().unwrap_or_default()]).all(|host| self.is_ours(host));
        (!ours).then(|| plain(StatusCode::MISDIRECTED_REQUEST, "There is no shop of that name here.\n"))
    }

    fn is_ours(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        // Without the user part that an authority may have, and nothing after the name but a port.
        let rest = authority.as_str().strip_prefix(authority.host());
        let plain = rest.is_some_and(|rest| rest.is_empty() || authority.port_u16().is_some());
        let name = authority.host().to_lowercase();
        plain && (self.names.contains(&name) || self.loopback && is_loopback(&name))
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    Response::builder()
        .status(status)
        .content_type("text/plain; charset=utf-8")
        .header(header::CACHE_CONTROL, "no-store")
        .body(text)
}
