//! V5: files. Those that customers bring along have tests of their own (`tests/web/uploads.rs`); what is served comes from one
//! folder, read at the start.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::Shop;

#[tokio::test]
async fn v5_3_2_no_path_leads_out_of_the_folder_of_assets() {
    let shop = Shop::open().await;
    for path in [
        "/assets/../Cargo.toml",
        "/assets/../../etc/passwd",
        "/assets/..%2fCargo.toml",
        "/assets/%2e%2e/Cargo.toml",
        "/assets/%2e%2e%2fCargo.toml",
        "/assets/%252e%252e%252fCargo.toml",
        "/assets/..%5cCargo.toml",
        "/assets/....//Cargo.toml",
        "/assets/%c0%ae%c0%ae/Cargo.toml",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/app.css%00.html",
        "/assets/./../Cargo.toml",
        "/../../etc/passwd",
        "//etc/passwd",
        "/assets/README.md",
        "/images/../../etc/passwd/staged",
    ] {
        // By hand: clients tidy a path up before they send it.
        let mut stream =
            TcpStream::connect(shop.base.trim_start_matches("http://")).await.expect("a connection");
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.expect("an answer");
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
        assert!(!answer.contains("[package]") && !answer.contains("root:"), "{path}: {answer}");
    }
}
