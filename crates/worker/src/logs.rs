//! Log lines: text for eyes, JSON for collectors. Prompts and secrets are in neither.

use tracing_subscriber::EnvFilter;

use crate::config::{Config, LogFormat};

/// Starts logging to standard error.
///
/// # Errors
/// If `RUST_LOG` cannot be understood.
pub fn start(config: &Config) -> anyhow::Result<()> {
    // async-openai logs answers that it cannot read, whole: pictures, and the words that they were drawn from.
    let filter = EnvFilter::try_new(&config.rust_log)?.add_directive("async_openai=off".parse()?);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => lines.with_target(false).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
    Ok(())
}
