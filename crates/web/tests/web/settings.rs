//! What the program refuses to start with, and what it picks up while it runs.

use std::fs;

use reqwest::StatusCode;
use web::{
    config::{AppEnv, Config, Refused},
    reloading::LOOK_EVERY,
    views::Views,
};

use crate::support::{Shop, config};

fn refusals(adapt: impl FnOnce(&mut Config)) -> Vec<String> {
    let mut config = config("postgres://nowhere/none");
    config.app_env = AppEnv::Production;
    config.public_url = "https://shop.example".parse().expect("a URL");
    config.s3_endpoint = "https://storage.example".parse().expect("a URL");
    adapt(&mut config);
    match config.check() {
        Ok(()) => vec![],
        Err(Refused(refused)) => refused,
    }
}

#[test]
fn production_refuses_what_is_not_safe() {
    assert!(refusals(|_| {}).is_empty());
    let refused = |adapt: fn(&mut Config), setting: &str| {
        let refused = refusals(adapt);
        assert!(refused.len() == 1 && refused[0].starts_with(setting), "{setting}: {refused:?}");
    };
    refused(|config| config.public_url = "http://shop.example".parse().expect("a URL"), "PUBLIC_URL");
    refused(|config| config.s3_endpoint = "http://127.0.0.1:9000".parse().expect("a URL"), "S3_ENDPOINT");
    refused(|config| config.s3_public_endpoint = "http://storage.example".to_owned(), "S3_PUBLIC_ENDPOINT");
    refused(|config| config.session_secret = "only thirty-six bytes of a long text".into(), "SESSION_SECRET");
    refused(
        |config| config.data_key = "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWI=".into(),
        "DATA_KEY is weak",
    );
    refused(|config| config.session_secret = "ab".repeat(40).into(), "SESSION_SECRET");
}

#[test]
fn everywhere_some_things_cannot_work() {
    let development = |adapt: fn(&mut Config)| {
        refusals(|config| {
            config.app_env = AppEnv::Development;
            adapt(config);
        })
    };
    assert!(
        development(|config| config.s3_endpoint = "http://127.0.0.1:9000".parse().expect("a URL")).is_empty()
    );
    assert_eq!(development(|config| config.session_secret = "short".into()).len(), 1);
    assert_eq!(development(|config| config.data_key = "".into()).len(), 1);
    assert_eq!(development(|config| config.data_key = "c2hvcnQ=".into()).len(), 1);
    assert!(
        development(|config| config.data_key = "YWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWJhYmFiYWI=".into())
            .is_empty(),
        "a weak key is good enough on a desk"
    );
    assert_eq!(
        development(|config| config.public_url = "https://shop.example/path".parse().expect("a URL")).len(),
        1
    );
    assert_eq!(development(|config| config.s3_public_endpoint = "not a URL".to_owned()).len(), 1);
}

#[test]
fn secrets_are_not_printed() {
    let printed = format!("{:?}", config("postgres://user:hunter2@nowhere/none"));
    assert!(!printed.contains("hunter2") && !printed.contains(crate::support::SECRET), "{printed}");
    assert!(
        !printed.contains(crate::support::DATA_KEY) && !printed.contains(crate::support::WEBHOOK_SECRET),
        "{printed}"
    );
}

#[test]
fn a_broken_template_stops_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("page.html"), "{% if %}").expect("written");
    assert!(Views::open(folder.path().to_owned(), false).is_err());
    fs::write(folder.path().join("page.html"), "{% extends \"nowhere.html\" %}").expect("written");
    assert!(Views::open(folder.path().to_owned(), false).is_err());
}

#[tokio::test]
async fn in_development_a_changed_template_is_shown_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("errors")).expect("made");
    let template = folder.path().join("home.html");
    fs::write(&template, "before {{ shell.title }}").expect("written");
    let shop = Shop::open_with(|config| config.templates_dir = folder.path().to_owned()).await;
    let browser = shop.browser();
    assert_eq!(browser.get("/").await.text, "before AI Gallery");
    fs::write(&template, "after").expect("written");
    // A clock of files may tick slower than this test.
    let file = fs::File::options().append(true).open(&template).expect("opened");
    let written = file.metadata().and_then(|about| about.modified()).expect("dated");
    file.set_modified(written + std::time::Duration::from_secs(5)).expect("dated later");
    tokio::time::sleep(LOOK_EVERY).await;
    assert_eq!(browser.get("/").await.text, "after");

    // Without a template for errors there are still plain words, and the reference.
    let answer = browser.get("/nowhere").await;
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (StatusCode::NOT_FOUND, "text/plain; charset=utf-8")
    );
    assert!(
        answer.text.contains("There is nothing here") && answer.text.contains(answer.header("x-request-id")),
        "{}",
        answer.text
    );
}
