//! What is weak in the worker's settings: `worker check --deploy`. Nothing here keeps the program from starting; what does is
//! in [`Config::problems`].

use std::path::Path;

use secrecy::ExposeSecret;
use shop::findings::{self, Finding};

use crate::config::{AppEnv, Config, LogFormat};

/// What is found, with the file that settings were read from, if there was one.
pub fn findings(config: &Config, env_file: Option<&Path>) -> Vec<Finding> {
    let mut found: Vec<Finding> =
        findings::in_app_env(config.app_env == AppEnv::Production).into_iter().collect();
    found.extend(findings::in_database_url(config.database_url.expose_secret()));
    found.extend(findings::in_endpoint("OPENAI_BASE_URL", &config.openai_base_url));
    found.extend(findings::in_key("OPENAI_API_KEY", config.openai_api_key.expose_secret()));
    found.extend(findings::in_endpoint("S3_ENDPOINT", &config.s3_endpoint));
    found.extend(findings::in_key("S3_ACCESS_KEY_ID", config.s3_access_key_id.expose_secret()));
    found.extend(findings::in_key("S3_SECRET_ACCESS_KEY", config.s3_secret_access_key.expose_secret()));
    found.extend(findings::in_endpoint("STRIPE_BASE_URL", &config.stripe_base_url));
    found.extend(findings::in_key("STRIPE_SECRET_KEY", config.stripe_secret_key.expose_secret()));
    found.extend(in_stripe_key(config));
    found.extend(findings::in_log_filter(&config.rust_log));
    found.extend(findings::in_log_format(config.log_format == LogFormat::Json));
    found.extend(env_file.and_then(findings::in_env_file));
    found
}

/// Whether real money moves.
fn in_stripe_key(config: &Config) -> Option<Finding> {
    (!config.has_live_stripe_key()).then(|| {
        Finding::weak(
            "payments.test_key",
            "STRIPE_SECRET_KEY is none of the live ones: orders would be made, and nobody would pay for them.",
            "Set a key that begins with sk_live_ or rk_live_.",
        )
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config::Cli;

    const FIT: [(&str, &str); 10] = [
        ("--app-env", "production"),
        ("--database-url", "postgres://shop:Kq8vZr3x@127.0.0.1/shop"),
        ("--openai-base-url", "https://api.openai.com/v1"),
        ("--openai-api-key", "sk-proj-4f7Qw9zLk2Vb8nRt"),
        ("--s3-endpoint", "https://s3.eu-central-1.amazonaws.com"),
        ("--s3-access-key-id", "AKIAZ7Q4M2K9X1B3C5D8"),
        ("--s3-secret-access-key", "b9QzX4rT7wLk2Vn8Pf6sYh3Jc5Gd1Ma0"),
        ("--stripe-base-url", "https://api.stripe.com/"),
        ("--stripe-secret-key", "rk_live_51Kq8vZr3xT7wLk2V"),
        ("--log-format", "json"),
    ];

    fn ids(change: (&str, &str)) -> Vec<&'static str> {
        let changed = FIT.map(|(name, value)| if name == change.0 { change } else { (name, value) });
        let further = (!FIT.iter().any(|(name, _)| *name == change.0)).then_some(change);
        let words = changed.into_iter().chain(further).flat_map(|(name, value)| [name, value]);
        let cli = Cli::try_parse_from(["worker"].into_iter().chain(words)).expect("settings");
        findings(&cli.config, None).into_iter().map(|finding| finding.id).collect()
    }

    #[test]
    fn each_weakness_is_found_by_itself() {
        assert!(ids(("--rust-log", "info")).is_empty());
        for (name, value, expected) in [
            ("--app-env", "development", "app_env.development"),
            ("--database-url", "postgres://shop:Kq8vZr3x@db.example/shop", "database.tls"),
            ("--database-url", "postgres://shop:password@127.0.0.1/shop", "database.password"),
            ("--openai-base-url", "http://127.0.0.1:9001/v1", "service.stand_in"),
            ("--openai-base-url", "http://proxy.example/v1", "service.http"),
            ("--openai-api-key", "sk-dev", "service.key"),
            ("--s3-endpoint", "http://127.0.0.1:9000", "service.stand_in"),
            ("--s3-access-key-id", "minioadmin", "service.key"),
            ("--s3-secret-access-key", "", "service.key"),
            ("--stripe-base-url", "http://127.0.0.1:12111/", "service.stand_in"),
            ("--stripe-secret-key", "sk_test_51Kq8vZr3xT7wLk2V", "payments.test_key"),
            ("--stripe-secret-key", "rk_live_1", "service.key"),
            ("--rust-log", "info,aws_sigv4=trace", "log.chatty"),
            ("--log-format", "text", "log.text"),
        ] {
            assert_eq!(ids((name, value)), [expected], "{name}={value}");
        }
    }
}
