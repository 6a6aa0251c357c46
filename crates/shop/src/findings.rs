//! What is weak in a program's settings, as `web check --deploy` and `worker check --deploy` report it, in the manner of
//! Django's `check --deploy`. Here is what both programs look at; what only one of them has is in its `deployment.rs`.

use std::{fmt, net::IpAddr, os::unix::fs::PermissionsExt, path::Path};

use sqlx::postgres::{PgConnectOptions, PgSslMode};
use url::{Host, Url};

/// Fewest bytes of a key that somebody else made for us; object storage and the image provider give 40 and more.
const KEY_MIN: usize = 16;
/// Keys and passwords that stand in manuals, or were made by `./dev` for a machine of its own.
const WELL_KNOWN: [&str; 12] = [
    "password",
    "postgres",
    "shop",
    "secret",
    "changeme",
    "test",
    "key",
    "minioadmin",
    "admin",
    "root",
    "AKIAIOSFODNN7EXAMPLE",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
];

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It is not fit for customers.
    Weak,
    /// It may be right, and whoever runs the shop should know that it is so.
    Hint,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Names it, in logs and in talk: `database.tls`.
    pub id: &'static str,
    /// How much it weighs.
    pub weight: Weight,
    /// What is so, and why it matters. Never the value of a secret.
    pub why: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Finding {
    /// Something that is not fit for customers.
    pub fn weak(id: &'static str, why: impl Into<String>, remedy: &'static str) -> Self {
        Self { id, weight: Weight::Weak, why: why.into(), remedy }
    }

    /// Something to know.
    pub fn hint(id: &'static str, why: impl Into<String>, remedy: &'static str) -> Self {
        Self { weight: Weight::Hint, ..Self::weak(id, why, remedy) }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weight = match self.weight {
            Weight::Weak => "WEAK",
            Weight::Hint => "hint",
        };
        write!(f, "{weight}  {}\n      {}\n      {}", self.id, self.why, self.remedy)
    }
}

/// The report for a terminal, and whether the settings are fit for customers.
pub fn report(findings: &[Finding]) -> (String, bool) {
    let weak = findings.iter().filter(|finding| finding.weight == Weight::Weak).count();
    let mut lines: Vec<String> = findings.iter().map(ToString::to_string).collect();
    lines.push(format!("{weak} weak, {} to know about", findings.len() - weak));
    (lines.join("\n"), weak == 0)
}

/// Whether a name or an address is this very machine.
pub fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_canonical().is_loopback() || address.is_unspecified(),
        // RFC 6761 §6.3: these never leave the machine.
        Err(_) => bare.eq_ignore_ascii_case("localhost") || bare.to_ascii_lowercase().ends_with(".localhost"),
    }
}

/// The kind of place that the program believes to be in.
pub fn in_app_env(production: bool) -> Option<Finding> {
    (!production).then(|| {
        Finding::weak(
            "app_env.development",
            "APP_ENV is development: stand-ins, plain HTTP and weak secrets would be accepted.",
            "Set APP_ENV=production.",
        )
    })
}

/// `DATABASE_URL`.
pub fn in_database_url(text: &str) -> Vec<Finding> {
    let (Ok(options), Ok(url)) = (text.parse::<PgConnectOptions>(), text.parse::<Url>()) else {
        return vec![Finding::weak(
            "database.url",
            "DATABASE_URL cannot be read.",
            "Write postgres://user:password@host:port/name; special characters in the password are percent-encoded.",
        )];
    };
    let mut findings = Vec::new();
    let socket = options.get_socket().is_some() || options.get_host().starts_with('/');
    let encrypted =
        matches!(options.get_ssl_mode(), PgSslMode::Require | PgSslMode::VerifyCa | PgSslMode::VerifyFull);
    let here = socket || is_loopback(options.get_host());
    if !here && !encrypted {
        findings.push(Finding::weak(
            "database.tls",
            "DATABASE_URL goes to another machine and does not insist on TLS: whoever is on the way reads everything.",
            "Add ?sslmode=verify-full, with sslrootcert=… if the server's certificate is signed by your own authority.",
        ));
    } else if !here && matches!(options.get_ssl_mode(), PgSslMode::Require) {
        findings.push(Finding::hint(
            "database.certificate",
            "DATABASE_URL insists on TLS and does not look at the certificate: a machine on the way could pretend to be the database.",
            "Use sslmode=verify-full where the server has a certificate that can be checked.",
        ));
    }
    let password = url.password().unwrap_or_default();
    if !socket && (is_well_known(password) || password == url.username()) {
        findings.push(Finding::weak(
            "database.password",
            "The database has no password, or one that is in every manual.",
            "Give the role a random one: `openssl rand -hex 24`.",
        ));
    }
    findings
}

/// The address of an outside service, by its setting.
pub fn in_endpoint(setting: &str, endpoint: &str) -> Option<Finding> {
    let url = endpoint.parse::<Url>().ok();
    let host = url.as_ref().and_then(Url::host).map(|host: Host<&str>| host.to_string()).unwrap_or_default();
    if host.is_empty() || is_loopback(&host) {
        return Some(Finding::weak(
            "service.stand_in",
            format!("{setting} is on this very machine, where the stand-ins of `./dev` live."),
            "Name the real service.",
        ));
    }
    url.is_none_or(|url| url.scheme() != "https").then(|| {
        Finding::weak(
            "service.http",
            format!("{setting} is not https: keys, pictures and sentences would travel in the clear."),
            "Name the https address of the service.",
        )
    })
}

/// A key of an outside service, by its setting.
pub fn in_key(setting: &str, key: &str) -> Option<Finding> {
    // `./dev` makes up access keys that begin so.
    let made_up = key
        .strip_prefix("dev")
        .is_some_and(|rest| rest.len() == 16 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
    (key.len() < KEY_MIN || is_well_known(key) || made_up).then(|| {
        Finding::weak(
            "service.key",
            format!("{setting} is empty, shorter than {KEY_MIN} characters or one of a stand-in."),
            "Set the key that the service gave you, for this shop alone and with no more rights than it needs.",
        )
    })
}

/// `RUST_LOG`.
pub fn in_log_filter(filter: &str) -> Option<Finding> {
    let chatty = |directive: &str| {
        let level = directive.rsplit('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        matches!(level.as_str(), "debug" | "trace")
    };
    filter.split(',').any(chatty).then(|| {
        Finding::weak(
            "log.chatty",
            "RUST_LOG lets debug or trace lines through: at these levels libraries write down what they read and send.",
            "Set RUST_LOG=info.",
        )
    })
}

/// `LOG_FORMAT`.
pub fn in_log_format(json: bool) -> Option<Finding> {
    (!json).then(|| {
        Finding::hint(
            "log.text",
            "LOG_FORMAT is text: what a library quotes in a line of its own can look like another line.",
            "Set LOG_FORMAT=json where lines are collected: there each event is one line, whatever is in it.",
        )
    })
}

/// The file `.env`, if there is one.
pub fn in_env_file(path: &Path) -> Option<Finding> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & 0o077 != 0).then(|| {
        Finding::weak(
            "env_file.readable",
            format!("{} is open to other users of this machine (mode {:o}).", path.display(), mode & 0o777),
            "chmod 600 it, and let it belong to the user that runs the shop.",
        )
    })
}

fn is_well_known(secret: &str) -> bool {
    secret.is_empty() || WELL_KNOWN.iter().any(|known| known.eq_ignore_ascii_case(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(findings: impl IntoIterator<Item = Finding>) -> Vec<&'static str> {
        findings.into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn databases() {
        for (url, expected) in [
            ("postgres://shop:Kq8vZr3x@127.0.0.1/shop", &[][..]),
            ("postgres://shop:Kq8vZr3x@localhost/shop", &[]),
            ("postgres:///shop?host=/run/postgresql", &[]),
            ("postgres://shop:Kq8vZr3x@db.example/shop", &["database.tls"]),
            ("postgres://shop:Kq8vZr3x@10.0.0.5/shop?sslmode=prefer", &["database.tls"]),
            ("postgres://shop:Kq8vZr3x@db.example/shop?sslmode=require", &["database.certificate"]),
            ("postgres://shop:Kq8vZr3x@db.example/shop?sslmode=verify-full", &[]),
            ("postgres://shop:password@127.0.0.1/shop", &["database.password"]),
            ("postgres://mira:mira@127.0.0.1/shop", &["database.password"]),
            ("postgres://shop@db.example/shop", &["database.tls", "database.password"]),
            ("nonsense", &["database.url"]),
        ] {
            assert_eq!(ids(in_database_url(url)), expected, "{url}");
        }
    }

    #[test]
    fn services() {
        for (endpoint, expected) in [
            ("https://s3.eu-central-1.amazonaws.com", None),
            ("http://s3.example", Some("service.http")),
            ("http://127.0.0.1:9000", Some("service.stand_in")),
            ("https://localhost", Some("service.stand_in")),
            ("https://[::1]:9000", Some("service.stand_in")),
            ("http://storage.localhost", Some("service.stand_in")),
            ("nonsense", Some("service.stand_in")),
        ] {
            assert_eq!(
                in_endpoint("S3_ENDPOINT", endpoint).map(|finding| finding.id),
                expected,
                "{endpoint}"
            );
        }
        for weak in ["", "short", "minioadmin", "AKIAIOSFODNN7EXAMPLE", "dev0123456789abcdef"] {
            assert_eq!(ids(in_key("S3_ACCESS_KEY_ID", weak)), ["service.key"], "{weak}");
        }
        assert_eq!(in_key("S3_ACCESS_KEY_ID", "AKIAZ7Q4M2K9X1B3C5D8"), None);
    }

    #[test]
    fn logs() {
        for (filter, weak) in [
            ("info", false),
            ("info,sqlx=warn", false),
            ("debug", true),
            ("info,hyper=trace", true),
            ("INFO,web=DEBUG", true),
        ] {
            assert_eq!(in_log_filter(filter).is_some(), weak, "{filter}");
        }
    }

    #[test]
    fn env_files() {
        let path = std::env::temp_dir().join(format!("findings-{}", ulid::Ulid::new()));
        assert_eq!(in_env_file(&path), None, "none at all");
        std::fs::write(&path, "").expect("written");
        for (mode, expected) in
            [(0o600, &[][..]), (0o640, &["env_file.readable"]), (0o604, &["env_file.readable"])]
        {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("set");
            assert_eq!(ids(in_env_file(&path)), expected, "{mode:o}");
        }
        std::fs::remove_file(&path).expect("gone");
    }

    #[test]
    fn hints_alone_are_no_failure() {
        let hint = Finding::hint("a.hint", "so", "do");
        assert_eq!(
            report(std::slice::from_ref(&hint)),
            ("hint  a.hint\n      so\n      do\n0 weak, 1 to know about".to_owned(), true)
        );
        assert!(!report(&[hint, Finding::weak("a.weakness", "so", "do")]).1);
    }
}
