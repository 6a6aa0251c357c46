//! V13: what a deployment gives away.

use reqwest::StatusCode;

use crate::support::Shop;

#[tokio::test]
async fn v13_4_1_nothing_of_the_source_or_the_settings_is_served() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    for path in [
        "/.git/config",
        "/.git/HEAD",
        "/.svn/entries",
        "/.env",
        "/.env.sample",
        "/Cargo.toml",
        "/Cargo.lock",
        "/README.md",
        "/migrations/0001_accounts.sql",
        "/templates/layout.html",
        "/assets/.git/config",
        "/assets/",
        "/server-status",
        "/metrics",
        "/debug",
        "/openapi.json",
        "/swagger",
        "/backup.zip",
        "/web.log",
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}: {}", answer.text);
        assert!(answer.text.contains("There is nothing here"), "{path}: {}", answer.text);
    }
    let answer = browser.get("/").await;
    for header in ["server", "x-powered-by"] {
        assert_eq!(answer.header(header), "", "no answer says what made it");
    }
}
