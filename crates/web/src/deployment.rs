//! What is weak in the web server's settings: `web check --deploy`. Nothing here keeps the program from starting; what does
//! is in [`Config::check`](crate::config::Config::check).

use std::path::Path;

use ipnet::IpNet;
use secrecy::ExposeSecret;
use shop::findings::{self, Finding, is_loopback};

use crate::config::{AppEnv, Config, LogFormat};

/// Prefixes of the widest private networks, 10.0.0.0/8 and fc00::/7: what is wider holds strangers.
const WIDEST_PROXIES: (u8, u8) = (8, 7);

/// Fewest characters of a secret that the payment provider made; its own have 38.
const WEBHOOK_SECRET_MIN: usize = 30;

/// What is found, with the file that settings were read from, if there was one.
pub fn findings(config: &Config, env_file: Option<&Path>) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        findings::in_app_env(config.app_env == AppEnv::Production).into_iter().collect();
    found.extend(in_public_url(config));
    if config.has_weak_secret() {
        found.push(Finding::weak(
            "session_secret.weak",
            "SESSION_SECRET has fewer than 50 bytes, or fewer than 5 different ones: who guesses it can forge forms.",
            "Make one for this shop alone: `openssl rand -base64 48`.",
        ));
    }
    if config.has_weak_data_key() {
        found.push(Finding::weak(
            "data_key.weak",
            "DATA_KEY is not made of 32 random bytes: who guesses it and reads the database can make everybody's one-time codes.",
            "Make one for this shop alone, and keep a copy apart from the database's: `openssl rand -base64 32`.",
        ));
    }
    found.extend(findings::in_database_url(config.database_url.expose_secret()));
    found.extend(findings::in_endpoint("S3_ENDPOINT", config.s3_endpoint.as_str()));
    if !config.s3_public_endpoint.is_empty() {
        found.extend(findings::in_endpoint("S3_PUBLIC_ENDPOINT", &config.s3_public_endpoint));
    }
    found.extend(findings::in_key("S3_ACCESS_KEY_ID", config.s3_access_key_id.expose_secret()));
    found.extend(findings::in_key("S3_SECRET_ACCESS_KEY", config.s3_secret_access_key.expose_secret()));
    found.extend(in_webhook_secrets(config));
    found.extend(in_trusted_proxies(config.trusted_proxies.networks()));
    found.extend(findings::in_log_filter(&config.rust_log));
    found.extend(findings::in_log_format(config.log_format == LogFormat::Json));
    found.extend(env_file.and_then(findings::in_env_file));
    found
}

fn in_public_url(config: &Config) -> Option<Finding> {
    if config.public_url.host_str().is_none_or(is_loopback) {
        return Some(Finding::weak(
            "public_url.loopback",
            "PUBLIC_URL names this very machine: links in mails would lead customers to their own.",
            "Set the address that customers type: https://shop.example",
        ));
    }
    (!config.is_https()).then(|| {
        Finding::weak(
            "public_url.http",
            "PUBLIC_URL is not https: passwords and sessions would travel in the clear, and browsers would not be told to insist on TLS.",
            "Put a proxy with a certificate in front, and set PUBLIC_URL=https://…",
        )
    })
}

fn in_webhook_secrets(config: &Config) -> Option<Finding> {
    let secrets = config.stripe_webhook_secrets.expose_secret();
    let is_weak = |secret: &str| secret.len() < WEBHOOK_SECRET_MIN || !secret.starts_with("whsec_");
    secrets.split(',').map(str::trim).any(is_weak).then(|| {
        Finding::weak(
            "payments.webhook_secret",
            "STRIPE_WEBHOOK_SECRETS is empty, or one of them is none of the payment provider's: its events would be refused, or could be forged.",
            "Make an endpoint {PUBLIC_URL}/hooks/stripe in the payment provider's dashboard, and set the secret that it shows: whsec_…",
        )
    })
}

fn in_trusted_proxies(networks: &[IpNet]) -> Option<Finding> {
    if networks.is_empty() {
        return Some(Finding::hint(
            "trusted_proxies.none",
            "TRUSTED_PROXIES is empty: behind a proxy all visitors seem to come from its address and share its limits.",
            "Name the proxies in front of this program: TRUSTED_PROXIES=10.0.0.0/8",
        ));
    }
    let wide = |network: &IpNet| match network {
        IpNet::V4(network) => network.prefix_len() < WIDEST_PROXIES.0,
        IpNet::V6(network) => network.prefix_len() < WIDEST_PROXIES.1,
    };
    networks.iter().any(wide).then(|| {
        Finding::weak(
            "trusted_proxies.everybody",
            "TRUSTED_PROXIES trusts a large part of the internet: strangers could claim any address and pass every limit.",
            "Name the proxies alone, or the private network that they are in.",
        )
    })
}
