//! Every setting of the worker, read once in `main`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use url::{Host, Url};

use crate::{
    providers::{openai::Prices, stripe},
    runner::lanes::LaneSettings,
};

/// Runs the shop's jobs.
#[derive(Debug, Parser)]
#[command(name = "worker", version)]
pub struct Cli {
    /// What to do; without a word, `run`.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The settings.
    #[command(flatten)]
    pub config: Config,
}

/// What the program can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// Runs jobs until it is told to stop.
    Run,
    /// Brings the database to this version and ends.
    Migrate,
    /// Says what is wrong with the settings, and ends: with 0 if nothing is.
    Check {
        /// Looks also for what is weak: before customers come.
        #[arg(long)]
        deploy: bool,
    },
}

/// Where this program runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AppEnv {
    /// On somebody's desk: stand-ins are welcome.
    Development,
    /// For customers: stand-ins and plain HTTP are refused.
    Production,
}

/// Whether sentences are checked before anything is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Moderation {
    /// Yes; an outage of the check holds up new customers only, a setting that it does not take holds up everybody.
    On,
    /// Yes; a check that cannot be had holds up everybody.
    Strict,
    /// No: only our own list of words.
    Off,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For eyes.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// The worker's settings. The real environment comes first, then `.env`.
#[derive(Debug, Args)]
pub struct Config {
    /// `development` or `production`, which refuses plain HTTP.
    #[arg(long, env = "APP_ENV", default_value = "development")]
    pub app_env: AppEnv,
    /// The Postgres database, 15 or newer: `postgres://user:password@host:port/name`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: SecretString,
    /// Lanes to work, each with how many jobs at once: `generation:4,uploads:4`. Empty: all, with their usual numbers.
    #[arg(long, env = "WORKER_LANES", default_value = "", hide_default_value = true)]
    pub worker_lanes: String,
    /// The image provider's API, up to and with its version.
    #[arg(long, env = "OPENAI_BASE_URL", default_value = "https://api.openai.com/v1")]
    pub openai_base_url: String,
    /// The image provider's key.
    #[arg(
        long,
        env = "OPENAI_API_KEY",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub openai_api_key: SecretString,
    /// The model that draws. Models retire within months: see the provider's list of deprecations.
    #[arg(long, env = "OPENAI_IMAGE_MODEL", default_value = "gpt-image-2.6-flare")]
    pub openai_image_model: String,
    /// What that model costs, in dollars per million tokens: text in, image in, image out.
    #[arg(long, env = "OPENAI_PRICES", default_value = "5,8,30")]
    pub openai_prices: Prices,
    /// What a picture is thought to cost, in dollars, as long as no answer of its kind has shown it.
    #[arg(long, env = "OPENAI_PICTURE_DOLLARS", default_value_t = 0.2)]
    pub openai_picture_dollars: f64,
    /// The most to spend on pictures in a day (UTC), in dollars; 0 is no cap. Set the provider's own limit above it.
    #[arg(long, env = "OPENAI_DAILY_CAP_DOLLARS", default_value_t = 50.0)]
    pub openai_daily_cap_dollars: f64,
    /// The most to spend on pictures in a calendar month (UTC), in dollars; 0 is no cap.
    #[arg(long, env = "OPENAI_MONTHLY_CAP_DOLLARS", default_value_t = 500.0)]
    pub openai_monthly_cap_dollars: f64,
    /// The most calls to the image provider in a minute, of all workers together; 0 is as many as there are. A provider that
    /// is asked too fast says so, and is given the time it asks for, whatever stands here.
    #[arg(long, env = "OPENAI_CALLS_PER_MINUTE", default_value_t = 0)]
    pub openai_calls_per_minute: i32,
    /// How many seconds the image provider may take for an answer, from 1 to 300: large pictures in high quality need minutes.
    #[arg(long, env = "OPENAI_TIMEOUT_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..=300))]
    pub openai_timeout_seconds: u64,
    /// How many previews of a picture the provider sends while it draws, from 0 to 3, for requests of one picture. Each costs as
    /// much as 100 tokens of a picture, and not every compatible server knows them.
    #[arg(long, env = "OPENAI_PARTIAL_IMAGES", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=3))]
    pub openai_partial_images: u8,
    /// Whether sentences are checked by the provider before anything is drawn: `on`, `strict` (a check that cannot be had holds
    /// up everybody, not only new customers) or `off`.
    #[arg(long, env = "OPENAI_MODERATION", default_value = "on")]
    pub openai_moderation: Moderation,
    /// The model that checks sentences.
    #[arg(long, env = "OPENAI_MODERATION_MODEL", default_value = "omni-moderation-latest")]
    pub openai_moderation_model: String,
    /// Object storage that speaks S3.
    #[arg(long, env = "S3_ENDPOINT", default_value = "https://s3.eu-central-1.amazonaws.com")]
    pub s3_endpoint: String,
    /// The bucket's region.
    #[arg(long, env = "S3_REGION", default_value = "eu-central-1")]
    pub s3_region: String,
    /// The bucket that holds all pictures. It is private.
    #[arg(long, env = "S3_BUCKET", default_value = "ai-gallery")]
    pub s3_bucket: String,
    /// Who the shop is to object storage.
    #[arg(
        long,
        env = "S3_ACCESS_KEY_ID",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub s3_access_key_id: SecretString,
    /// The secret that goes with it.
    #[arg(
        long,
        env = "S3_SECRET_ACCESS_KEY",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub s3_secret_access_key: SecretString,
    /// The mail server: `smtps://user:password@host:465`, or `smtp://user:password@host:587?tls=required`. Without TLS, as in
    /// `smtp://127.0.0.1:25`, production accepts a relay on the same host only. Special characters are percent-encoded.
    #[arg(long, env = "SMTP_URL", default_value = "", hide_default_value = true, hide_env_values = true)]
    pub smtp_url: SecretString,
    /// Who mails are from: `AI Gallery <hello@example.org>`.
    #[arg(long, env = "MAIL_FROM", default_value = "", hide_default_value = true)]
    pub mail_from: String,
    /// The payment provider's API, without its version.
    #[arg(long, env = "STRIPE_BASE_URL", default_value = stripe::API)]
    pub stripe_base_url: String,
    /// The payment provider's secret key. A restricted one needs: Checkout Sessions (write), PaymentIntents, Charges and Refunds,
    /// Disputes, Events (read).
    #[arg(
        long,
        env = "STRIPE_SECRET_KEY",
        default_value = "",
        hide_default_value = true,
        hide_env_values = true
    )]
    pub stripe_secret_key: SecretString,
    /// For how many minutes an order can be paid on the payment provider's page, from 30 to 1439.
    #[arg(long, env = "CHECKOUT_MINUTES", default_value_t = 60, value_parser = clap::value_parser!(u16).range(30..=1439))]
    pub checkout_minutes: u16,
    /// Where browsers reach the shop, without a path: links in mails lead there.
    #[arg(long, env = "PUBLIC_URL", default_value = "http://127.0.0.1:8080")]
    pub public_url: Url,
    /// The folder of templates; those for mails lie in its folder `mails`.
    #[arg(long, env = "TEMPLATES_DIR", default_value = "templates")]
    pub templates_dir: PathBuf,
    /// `text` or `json`.
    #[arg(long, env = "LOG_FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// What is logged, in the syntax of tracing's `EnvFilter`.
    #[arg(long, env = "RUST_LOG", default_value = "info,sqlx=warn,apalis_core=warn")]
    pub rust_log: String,
}

impl Config {
    /// The lanes to work.
    ///
    /// # Errors
    /// What is wrong with `WORKER_LANES`.
    pub fn lanes(&self) -> Result<Vec<LaneSettings>, String> {
        LaneSettings::parse(&self.worker_lanes)
    }

    /// sha256 of what decides whether the image provider takes our calls, and whether we make them: when it changes, a pause for a
    /// wrong setting or at our own cap may be over.
    pub fn openai_fingerprint(&self) -> [u8; 32] {
        let settings = [
            self.openai_base_url.as_str(),
            self.openai_api_key.expose_secret(),
            &self.openai_image_model,
            &self.openai_moderation_model,
            &format!("{:?}", self.openai_moderation),
            &self.openai_daily_cap_dollars.to_string(),
            &self.openai_monthly_cap_dollars.to_string(),
        ];
        Sha256::digest(settings.join("\n").as_bytes()).into()
    }

    /// What must be mended before jobs can be run, in words for the operator.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.openai_api_key.expose_secret().is_empty() {
            problems.push("OPENAI_API_KEY is empty: without it nothing can be drawn".to_owned());
        }
        if self.s3_access_key_id.expose_secret().is_empty()
            || self.s3_secret_access_key.expose_secret().is_empty()
        {
            problems.push(
                "S3_ACCESS_KEY_ID or S3_SECRET_ACCESS_KEY is empty: without them no picture can be stored"
                    .to_owned(),
            );
        }
        if let Err(problem) = self.lanes() {
            problems.push(problem);
        }
        problems.extend(self.mail_problems());
        problems.extend(self.payment_problems());
        if self.app_env == AppEnv::Production {
            for (name, url) in [
                ("OPENAI_BASE_URL", &self.openai_base_url),
                ("S3_ENDPOINT", &self.s3_endpoint),
                ("STRIPE_BASE_URL", &self.stripe_base_url),
            ] {
                if !url.starts_with("https://") {
                    problems.push(format!("{name} is {url}: in production only https:// is accepted"));
                }
            }
        }
        problems
    }

    fn payment_problems(&self) -> Option<String> {
        if self.stripe_secret_key.expose_secret().is_empty() {
            return Some("STRIPE_SECRET_KEY is empty: without it nothing can be sold".to_owned());
        }
        let is_stripe = Url::parse(&self.stripe_base_url)
            .is_ok_and(|url| url.scheme() == "https" && url.host_str() == Some("api.stripe.com"));
        (self.has_live_stripe_key() && !is_stripe).then(|| {
            "STRIPE_SECRET_KEY is a live one, and STRIPE_BASE_URL is not https://api.stripe.com/: it would be given away"
                .to_owned()
        })
    }

    /// Whether real money moves with the payment provider's key.
    pub fn has_live_stripe_key(&self) -> bool {
        let key = self.stripe_secret_key.expose_secret();
        key.starts_with("sk_live_") || key.starts_with("rk_live_")
    }

    fn mail_problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let production = self.app_env == AppEnv::Production;
        if self.mail_from.parse::<Mailbox>().is_err() {
            problems.push(format!(
                "MAIL_FROM is {:?}: it must be an address, as in AI Gallery <hello@example.org>",
                self.mail_from
            ));
        }
        if production && self.public_url.scheme() != "https" {
            problems
                .push(format!("PUBLIC_URL is {}: in production only https:// is accepted", self.public_url));
        }
        // It holds a password: none of it is repeated.
        match Url::parse(self.smtp_url.expose_secret()) {
            Ok(url) if !matches!(url.scheme(), "smtp" | "smtps") || url.host().is_none() => problems
                .push("SMTP_URL must begin with smtp:// or smtps:// and name a host".to_owned()),
            Ok(url) if production && !is_sealed(&url) && !is_here(&url) => problems.push(
                "SMTP_URL sends mails in the clear: in production only smtps:// and ?tls=required are accepted, or a relay on this host"
                    .to_owned(),
            ),
            Ok(_) => {}
            Err(_) => problems.push("SMTP_URL is no URL: without it no mail can be sent".to_owned()),
        }
        problems
    }
}

/// Whether nothing can be read on the way. `tls=opportunistic` is not enough: whoever is in between turns it off.
fn is_sealed(url: &Url) -> bool {
    url.scheme() == "smtps" || url.query_pairs().any(|(name, value)| name == "tls" && value == "required")
}

/// Whether it leads to this very host, as to a relay that does the rest.
fn is_here(url: &Url) -> bool {
    match url.host() {
        // The host of a scheme that is not the web's is a name to this parser also when it is an address.
        Some(Host::Domain(name)) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(given: &[(&str, &str)]) -> Vec<String> {
        let mut arguments = vec![
            "worker".to_owned(),
            "--app-env=production".to_owned(),
            "--database-url=postgres://nowhere".to_owned(),
            "--openai-api-key=sk-1".to_owned(),
            "--s3-access-key-id=id".to_owned(),
            "--s3-secret-access-key=secret".to_owned(),
            "--stripe-secret-key=sk_live_1".to_owned(),
            "--mail-from=AI Gallery <hello@example.org>".to_owned(),
            "--public-url=https://shop.example".to_owned(),
            "--smtp-url=smtps://user:pass%40word@mail.example".to_owned(),
        ];
        for (name, value) in given {
            arguments.retain(|argument| !argument.starts_with(&format!("--{name}=")));
            arguments.push(format!("--{name}={value}"));
        }
        Cli::parse_from(arguments).config.problems()
    }

    #[test]
    fn production_sends_mails_sealed_or_to_itself() {
        for good in [
            "smtps://mail.example",
            "smtp://user:secret@mail.example:587?tls=required",
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://[::1]:25",
        ] {
            assert_eq!(problems(&[("smtp-url", good)]), [""; 0], "{good}");
        }
        for bad in [
            "",
            "mail.example",
            "http://mail.example",
            "smtp://user:secret@mail.example",
            "smtp://user:secret@mail.example?tls=opportunistic",
            "smtp://127.0.0.1.mail.example",
        ] {
            let problems = problems(&[("smtp-url", bad)]);
            assert!(problems.len() == 1 && problems[0].starts_with("SMTP_URL"), "{bad}: {problems:?}");
            assert!(!problems[0].contains("secret"), "{problems:?}");
        }
    }

    #[test]
    fn a_live_key_goes_to_the_payment_provider_alone() {
        for bad in ["https://stripe.example/", "https://api.stripe.com.example/", "http://127.0.0.1:12111/"] {
            let problems = problems(&[("app-env", "development"), ("stripe-base-url", bad)]);
            assert!(problems.len() == 1 && problems[0].contains("given away"), "{bad}: {problems:?}");
            assert!(!problems[0].contains("sk_live_1"), "{problems:?}");
        }
        assert_eq!(problems(&[("stripe-base-url", "https://api.stripe.com")]), [""; 0]);
        let elsewhere = [
            ("app-env", "development"),
            ("stripe-base-url", "http://127.0.0.1:12111/"),
            ("stripe-secret-key", "sk_test_1"),
        ];
        assert_eq!(problems(&elsewhere), [""; 0]);
        let problems = problems(&[("stripe-secret-key", "")]);
        assert!(problems.len() == 1 && problems[0].starts_with("STRIPE_SECRET_KEY"), "{problems:?}");
    }

    #[test]
    fn mails_need_a_sender_and_links_need_https() {
        for (name, value, setting) in [
            ("mail-from", "", "MAIL_FROM"),
            ("mail-from", "the shop", "MAIL_FROM"),
            ("public-url", "http://shop.example", "PUBLIC_URL"),
        ] {
            let problems = problems(&[(name, value)]);
            assert!(problems.len() == 1 && problems[0].starts_with(setting), "{value}: {problems:?}");
        }
        let development = [
            ("app-env", "development"),
            ("public-url", "http://127.0.0.1:8080"),
            ("smtp-url", "smtp://mailhog:1025"),
        ];
        assert_eq!(problems(&development), [""; 0]);
    }
}
