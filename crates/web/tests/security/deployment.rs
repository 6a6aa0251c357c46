//! `web check --deploy`: each weakness is found, and found alone; the program says so by its exit code.

use std::{
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};

use web::{
    Config,
    config::{AppEnv, LogFormat},
    deployment,
};

use crate::support::config;

fn fit() -> Config {
    let mut config = config("postgres://shop:Kq8vZr3x@127.0.0.1/shop");
    config.app_env = AppEnv::Production;
    config.public_url = "https://shop.example".parse().expect("a URL");
    config.s3_endpoint = "https://storage.example".parse().expect("a URL");
    config.s3_access_key_id = "AKIAZ7Q4M2K9X1B3C5D8".into();
    config.s3_secret_access_key = "b9QzX4rT7wLk2Vn8Pf6sYh3Jc5Gd1Ma0".into();
    config.trusted_proxies = "10.0.0.0/8".parse().expect("a network");
    config.log_format = LogFormat::Json;
    config.stripe_webhook_secrets = "whsec_4f7Qw9zLk2Vb8nRtXc3Mj6Hd1Gs5Pa0y".into();
    config
}

/// 32 bytes in base64, all of them the same.
fn same_bytes() -> String {
    format!("{}Bwc=", "BwcH".repeat(10))
}

fn found(adapt: impl FnOnce(&mut Config)) -> Vec<&'static str> {
    let mut config = fit();
    adapt(&mut config);
    deployment::findings(&config, None).into_iter().map(|finding| finding.id).collect()
}

#[test]
fn each_weakness_is_found_by_itself() {
    type Change = fn(&mut Config);
    let table: &[(Change, &[&str])] = &[
        (|_| {}, &[]),
        (|config| config.app_env = AppEnv::Development, &["app_env.development"]),
        (|config| config.public_url = "http://shop.example".parse().expect("a URL"), &["public_url.http"]),
        (
            |config| config.public_url = "https://127.0.0.1:8080".parse().expect("a URL"),
            &["public_url.loopback"],
        ),
        (|config| config.public_url = "http://localhost".parse().expect("a URL"), &["public_url.loopback"]),
        (
            |config| config.session_secret = "only thirty-six bytes of a long text".into(),
            &["session_secret.weak"],
        ),
        (|config| config.session_secret = "ab".repeat(40).into(), &["session_secret.weak"]),
        (|config| config.data_key = same_bytes().into(), &["data_key.weak"]),
        (|config| config.data_key = "no key at all".into(), &["data_key.weak"]),
        (|config| config.database_url = "postgres://shop:Kq8vZr3x@db.example/shop".into(), &["database.tls"]),
        (
            |config| config.database_url = "postgres://shop:password@localhost/shop".into(),
            &["database.password"],
        ),
        (|config| config.s3_endpoint = "http://storage.example".parse().expect("a URL"), &["service.http"]),
        (
            |config| config.s3_endpoint = "http://127.0.0.1:9000".parse().expect("a URL"),
            &["service.stand_in"],
        ),
        (|config| config.s3_public_endpoint = "http://pictures.example".to_owned(), &["service.http"]),
        (|config| config.s3_access_key_id = "minioadmin".into(), &["service.key"]),
        (|config| config.s3_secret_access_key = "short".into(), &["service.key"]),
        (|config| config.stripe_webhook_secrets = "".into(), &["payments.webhook_secret"]),
        (|config| config.stripe_webhook_secrets = "whsec_short".into(), &["payments.webhook_secret"]),
        (|config| config.trusted_proxies = "".parse().expect("none"), &["trusted_proxies.none"]),
        (|config| config.trusted_proxies = "0.0.0.0/0".parse().expect("all"), &["trusted_proxies.everybody"]),
        (
            |config| config.trusted_proxies = "10.0.0.0/8,::/0".parse().expect("all"),
            &["trusted_proxies.everybody"],
        ),
        (|config| config.rust_log = "debug".to_owned(), &["log.chatty"]),
        (|config| config.log_format = LogFormat::Text, &["log.text"]),
    ];
    for (number, (change, expected)) in table.iter().enumerate() {
        assert_eq!(found(change), *expected, "line {number}");
    }
}

/// The production program, with a file of settings in its folder.
fn check(words: &[&str], settings: &[(&str, &str)], mode: u32) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(".env");
    let lines: Vec<String> = settings.iter().map(|(name, value)| format!("{name}='{value}'")).collect();
    std::fs::write(&file, lines.join("\n")).expect("written");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).expect("set");
    Command::new(env!("CARGO_BIN_EXE_web"))
        .args(words)
        .env_clear()
        .current_dir(folder.path())
        .output()
        .expect("it runs")
}

const FIT: [(&str, &str); 11] = [
    ("APP_ENV", "production"),
    ("DATABASE_URL", "postgres://shop:Kq8vZr3x@127.0.0.1/shop"),
    ("PUBLIC_URL", "https://shop.example"),
    ("SESSION_SECRET", crate::support::SECRET),
    ("S3_ENDPOINT", "https://storage.example"),
    ("S3_ACCESS_KEY_ID", "AKIAZ7Q4M2K9X1B3C5D8"),
    ("S3_SECRET_ACCESS_KEY", "b9QzX4rT7wLk2Vn8Pf6sYh3Jc5Gd1Ma0"),
    ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ("LOG_FORMAT", "json"),
    ("DATA_KEY", crate::support::DATA_KEY),
    ("STRIPE_WEBHOOK_SECRETS", "whsec_4f7Qw9zLk2Vb8nRtXc3Mj6Hd1Gs5Pa0y"),
];

#[test]
fn the_program_says_so_by_its_exit_code_and_shows_no_secret() {
    let same_bytes = same_bytes();
    for (change, mode, weak) in [
        (None, 0o600, None),
        (Some(("LOG_FORMAT", "text")), 0o600, None),
        (Some(("TRUSTED_PROXIES", "")), 0o600, None),
        (None, 0o644, Some("env_file.readable")),
        (Some(("APP_ENV", "development")), 0o600, Some("app_env.development")),
        (Some(("PUBLIC_URL", "http://shop.example")), 0o600, Some("public_url.http")),
        (Some(("S3_SECRET_ACCESS_KEY", "hunter2")), 0o600, Some("service.key")),
        (Some(("SESSION_SECRET", "hunter2")), 0o600, Some("session_secret.weak")),
        (Some(("DATA_KEY", same_bytes.as_str())), 0o600, Some("data_key.weak")),
        (Some(("DATA_KEY", "hunter2")), 0o600, Some("data_key.weak")),
        (Some(("STRIPE_WEBHOOK_SECRETS", "hunter2")), 0o600, Some("payments.webhook_secret")),
    ] {
        let settings =
            FIT.map(|(name, value)| change.filter(|(changed, _)| *changed == name).unwrap_or((name, value)));
        let output = check(&["check", "--deploy"], &settings, mode);
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.success(), weak.is_none(), "{change:?} {mode:o}: {said}");
        assert!(weak.is_none_or(|id| said.contains(&format!("WEAK  {id}"))), "{said}");
        let known = ["hunter2", "Kq8vZr3x", &same_bytes, FIT[6].1, FIT[10].1];
        for secret in known.into_iter().chain([crate::support::SECRET, crate::support::DATA_KEY]) {
            assert!(!said.contains(secret), "{said}");
        }
    }
    let output = check(&["check"], &FIT, 0o644);
    assert!(output.status.success(), "what is only weak does not keep it from starting: {output:?}");
    let settings =
        FIT.map(|(name, value)| if name == "SESSION_SECRET" { (name, "short") } else { (name, value) });
    assert!(!check(&["check"], &settings, 0o600).status.success());
    assert!(!check(&["serve"], &settings, 0o600).status.success());
}
