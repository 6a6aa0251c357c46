//! V16: a log line cannot be forged, and an error tells strangers nothing.

use std::process::{Command, Output};

use reqwest::StatusCode;

use crate::support::{DATA_KEY, SECRET, Shop};

/// The production program with these settings, until it ends by itself.
fn web(settings: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_web"));
    command.env_clear().current_dir(folder.path()).envs([
        ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none"),
        ("SESSION_SECRET", SECRET),
        ("DATA_KEY", DATA_KEY),
        ("S3_ACCESS_KEY_ID", "key"),
        ("S3_SECRET_ACCESS_KEY", "secret"),
    ]);
    command.envs(settings.iter().copied()).output().expect("it runs")
}

#[test]
fn v16_4_1_a_line_break_makes_no_second_line() {
    let forged = "/nowhere\r\n{\"level\":\"INFO\",\"message\":\"forged\"}\n";
    let output = web(&[("LOG_FORMAT", "json"), ("ASSETS_DIR", forged)]);
    assert!(!output.status.success());
    let log = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = log.lines().collect();
    assert!(!lines.is_empty() && log.contains("forged"), "the path is in the log: {log}");
    for line in lines {
        assert!(line.starts_with("{\"timestamp\"") && line.ends_with('}'), "{line}");
    }
    assert!(log.contains("\\n") && !log.contains('\r'), "{log}");
}

#[tokio::test]
async fn v16_5_1_an_error_tells_nothing_but_its_reference() {
    let shop = Shop::open().await;
    let mira = shop.member("mira@example.org").await;
    let (generation, _) = shop.drawn("mira@example.org", "a fox").await;
    sqlx::query("alter table generations rename column style to planted_column")
        .execute(shop.db())
        .await
        .expect("broken");
    for path in [
        "/generations",
        &format!("/generations/{generation}"),
        &format!("/generations/new?from={generation}"),
    ] {
        let answer = mira.get(path).await;
        assert_eq!(answer.status, StatusCode::INTERNAL_SERVER_ERROR, "{path}");
        assert!(answer.text.contains(answer.header("x-request-id")), "{path}");
        for inner in ["planted_column", "column", "sqlx", "postgres", "error returned", "panicked", ".rs"] {
            assert!(!answer.text.contains(inner), "{path} says {inner}: {}", answer.text);
        }
    }
}
