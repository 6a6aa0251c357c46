//! Every setting of the web server, read once in `main`: the real environment first, then `.env`.

use std::{collections::HashSet, net::SocketAddr, path::PathBuf};

use chrono::Duration;
use clap::{Args, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use shop::{generations::Limits, money::Currency};
use url::Url;

use crate::{clients::TrustedProxies, data_key::DataKey};

/// Where this program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AppEnv {
    /// On somebody's desk: stand-ins are welcome, templates and assets are read again when they change.
    Development,
    /// For customers: stand-ins, plain HTTP and weak secrets are refused.
    Production,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For eyes.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Whether the shop does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Switch {
    /// It does.
    On,
    /// It does not.
    Off,
}

/// The web server's settings. The real environment comes first, then `.env`.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// `development` or `production`, which refuses stand-ins, plain HTTP and weak secrets.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: AppEnv,
    /// The Postgres database, 15 or newer: `postgres://user:password@host:port/name`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,
    /// The address and port to listen on.
    #[arg(long, env = "WEB_LISTEN", default_value = "127.0.0.1:8080")]
    pub web_listen: SocketAddr,
    /// Where browsers reach the shop, without a path. Forms are accepted from this origin only.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: Url,
    /// Names beside the one of `PUBLIC_URL` under which browsers may ask for the shop, with commas in between. In
    /// development whatever names this machine is one of them.
    #[arg(long, env = "ALLOWED_HOSTS", default_value = "", hide_default_value = true)]
    pub allowed_hosts: String,
    /// Proxies in front of this program, as addresses or networks with commas in between: `10.0.0.0/8,192.0.2.7`. What
    /// they say in X-Forwarded-For is believed, what anybody else says is not.
    #[arg(long, env = "TRUSTED_PROXIES", default_value = "", hide_default_value = true)]
    pub trusted_proxies: TrustedProxies,
    /// What form tokens are derived from: 32 bytes or more, any text. A new one makes open forms stale, nothing else.
    #[arg(long, env = "SESSION_SECRET", hide_env_values = true)]
    pub session_secret: SecretString,
    /// What secrets in the database are sealed with: 32 random bytes in base64. Losing it makes one-time codes useless.
    #[arg(long, env = "DATA_KEY", hide_env_values = true)]
    pub data_key: SecretString,
    /// Object storage that speaks S3.
    #[arg(long, env = "S3_ENDPOINT", default_value = "https://s3.eu-central-1.amazonaws.com")]
    pub s3_endpoint: Url,
    /// Where browsers reach object storage, if that is elsewhere. Empty: the same.
    #[arg(long, env = "S3_PUBLIC_ENDPOINT", default_value = "", hide_default_value = true)]
    pub s3_public_endpoint: String,
    /// The bucket's region.
    #[arg(long, env = "S3_REGION", default_value = "eu-central-1")]
    pub s3_region: String,
    /// The bucket that holds all pictures. It is private: pages link to its objects by signed, short-lived URLs.
    #[arg(long, env = "S3_BUCKET", default_value = "ai-gallery")]
    pub s3_bucket: String,
    /// Who the shop is to object storage. Reading is all that the pages need.
    #[arg(long, env = "S3_ACCESS_KEY_ID", hide_env_values = true)]
    pub s3_access_key_id: SecretString,
    /// The secret that goes with it.
    #[arg(long, env = "S3_SECRET_ACCESS_KEY", hide_env_values = true)]
    pub s3_secret_access_key: SecretString,
    /// Requests for pictures that one customer may have under way at once.
    #[arg(long, env = "GENERATIONS_AT_ONCE", default_value_t = 10)]
    pub generations_at_once: i64,
    /// Pictures that one customer may ask for in an hour.
    #[arg(long, env = "PICTURES_PER_HOUR", default_value_t = 60)]
    pub pictures_per_hour: i64,
    /// Pictures that one customer may ask for in 24 hours.
    #[arg(long, env = "PICTURES_PER_DAY", default_value_t = 200)]
    pub pictures_per_day: i64,
    /// Hours after which a picture that could not be drawn is given up and its credits go back: what customers are promised.
    #[arg(long, env = "PICTURE_PROMISE_HOURS", default_value_t = 24)]
    pub picture_promise_hours: u16,
    /// Credits that a new customer is welcomed with. A draft costs 1, a standard picture 2, a fine one 5.
    #[arg(long, env = "WELCOME_CREDITS", default_value_t = 20)]
    pub welcome_credits: i32,
    /// `on`: staff look at each picture before it hangs in the gallery. `off`: it hangs there at once; what is reported can
    /// still be taken down.
    #[arg(long, env = "GALLERY_REVIEW", default_value = "on")]
    pub gallery_review: Switch,
    /// The currency in which somebody sees prices who has not chosen another one.
    #[arg(long, env = "CURRENCY", default_value = "EUR")]
    pub currency: Currency,
    /// What the payment provider signs its events with, as it says for the endpoint {PUBLIC_URL}/hooks/stripe: `whsec_…`. Several,
    /// with commas in between, while one is replaced. Empty: events are refused, and payments are seen some minutes later.
    #[arg(
        long,
        env = "STRIPE_WEBHOOK_SECRETS",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub stripe_webhook_secrets: SecretString,
    /// Whether events are of real money. Without it: in production they are, in development not.
    #[arg(long, env = "STRIPE_LIVEMODE")]
    pub stripe_livemode: Option<Switch>,
    /// The folder of the page templates.
    #[arg(long, env = "TEMPLATES_DIR", default_value = "templates")]
    pub templates_dir: PathBuf,
    /// The folder of style sheets, scripts and icons.
    #[arg(long, env = "ASSETS_DIR", default_value = "assets")]
    pub assets_dir: PathBuf,
    /// `text` for eyes, `json` for collectors.
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged, as `tracing-subscriber` reads it.
    #[arg(long, env = "RUST_LOG", default_value = "info")]
    pub rust_log: String,
}

/// Settings that the program does not start with.
#[derive(Debug, thiserror::Error)]
#[error("these settings are refused:\n  {}", .0.join("\n  "))]
pub struct Refused(pub Vec<String>);

impl Config {
    /// Refuses what cannot work, and in production what is not safe.
    pub fn check(&self) -> Result<(), Refused> {
        let mut refused = Vec::new();
        let secret = self.session_secret.expose_secret();
        if secret.len() < 32 {
            refused.push(
                "SESSION_SECRET has fewer than 32 bytes: `openssl rand -base64 48` makes a good one"
                    .to_owned(),
            );
        }
        let data_key = DataKey::decode(&self.data_key);
        if data_key.is_none() {
            refused.push(
                "DATA_KEY is not 32 bytes in base64: `openssl rand -base64 32` makes a good one".to_owned(),
            );
        }
        if !matches!(self.public_url.scheme(), "http" | "https") || self.public_url.path() != "/" {
            refused.push("PUBLIC_URL is not of the form https://shop.example".to_owned());
        }
        let storage = self.s3_browser_endpoint();
        if storage.is_none() {
            refused.push("S3_PUBLIC_ENDPOINT is not a URL".to_owned());
        }
        if self.app_env == AppEnv::Production {
            if self.public_url.scheme() != "https" {
                refused.push("PUBLIC_URL is not https: sessions would travel in the clear".to_owned());
            }
            let public = storage.filter(|url| *url != self.s3_endpoint);
            for (name, url) in
                [("S3_ENDPOINT", Some(&self.s3_endpoint)), ("S3_PUBLIC_ENDPOINT", public.as_ref())]
            {
                if url.is_some_and(|url| url.scheme() != "https") {
                    refused.push(format!("{name} is not https, or is the sandbox"));
                }
            }
            if self.has_weak_secret() {
                refused.push("SESSION_SECRET is weak: 50 bytes or more, 5 of them different".to_owned());
            }
            if data_key.is_some() && self.has_weak_data_key() {
                refused.push("DATA_KEY is weak: its bytes are not random".to_owned());
            }
        }
        if refused.is_empty() { Ok(()) } else { Err(Refused(refused)) }
    }

    /// Whether the secret could be guessed. The bar of Django's `check --deploy` (security.W009).
    pub fn has_weak_secret(&self) -> bool {
        let secret = self.session_secret.expose_secret().as_bytes();
        let different: HashSet<u8> = secret.iter().copied().collect();
        secret.len() < 50 || different.len() < 5
    }

    /// Whether the key is none, or its bytes are not random: 32 random ones have fewer than 16 different ones less than once in
    /// 10^16 keys.
    pub fn has_weak_data_key(&self) -> bool {
        DataKey::decode(&self.data_key).is_none_or(|key| different(&key) < 16)
    }

    /// How much one customer may ask for.
    pub fn generation_limits(&self) -> Limits {
        Limits {
            active: self.generations_at_once,
            hourly: self.pictures_per_hour,
            daily: self.pictures_per_day,
            promise: Duration::hours(self.picture_promise_hours.into()),
        }
    }

    /// Whether the payment provider's events are of real money.
    pub fn is_stripe_live(&self) -> bool {
        match self.stripe_livemode {
            Some(switch) => switch == Switch::On,
            None => self.app_env == AppEnv::Production,
        }
    }

    /// Whether browsers reach the shop through TLS.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }

    /// Where browsers reach object storage.
    pub fn s3_browser_endpoint(&self) -> Option<Url> {
        if self.s3_public_endpoint.is_empty() {
            Some(self.s3_endpoint.clone())
        } else {
            self.s3_public_endpoint.parse().ok()
        }
    }
}

/// How many different bytes there are.
fn different(bytes: &[u8]) -> usize {
    let mut bytes = bytes.to_vec();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}
