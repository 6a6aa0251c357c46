//! Every setting of the worker, read once in `main`.

use clap::{Args, Parser, Subcommand, ValueEnum};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{providers::openai::Prices, runner::lanes::LaneSettings};

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
    /// Yes; a check that cannot be had holds up new customers only.
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

    /// sha256 of what decides whether the image provider takes our calls: when it changes, a pause for a wrong setting is over.
    pub fn openai_fingerprint(&self) -> [u8; 32] {
        let settings =
            [self.openai_base_url.as_str(), self.openai_api_key.expose_secret(), &self.openai_image_model]
                .join("\n");
        Sha256::digest(settings.as_bytes()).into()
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
        if self.app_env == AppEnv::Production {
            for (name, url) in
                [("OPENAI_BASE_URL", &self.openai_base_url), ("S3_ENDPOINT", &self.s3_endpoint)]
            {
                if !url.starts_with("https://") {
                    problems.push(format!("{name} is {url}: in production only https:// is accepted"));
                }
            }
        }
        problems
    }
}
