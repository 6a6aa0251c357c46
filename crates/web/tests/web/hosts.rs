//! The shop answers to its own names.

use reqwest::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use web::config::AppEnv;

use crate::support::Shop;

/// The head of an answer to a request that is written by hand: clients write a Host header of their own.
async fn ask(shop: &Shop, line: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(shop.base.trim_start_matches("http://")).await.expect("a connection");
    let request = format!("{line}\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

async fn production() -> Shop {
    Shop::open_with(|config| {
        config.app_env = AppEnv::Production;
        config.public_url = "https://shop.example".parse().expect("a URL");
        config.s3_endpoint = "https://storage.example".parse().expect("a URL");
        " www.shop.example, [2001:db8::1]".clone_into(&mut config.allowed_hosts);
    })
    .await
}

#[tokio::test]
async fn only_its_own_names_are_answered_to() {
    let shop = production().await;
    for host in ["shop.example", "SHOP.example", "shop.example:443", "www.shop.example", "[2001:db8::1]:8080"]
    {
        let answer = ask(&shop, "GET /sign-in HTTP/1.1", &format!("Host: {host}\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{host}: {answer}");
    }
    for host in [
        "evil.example",
        "127.0.0.1",
        "localhost",
        "shop.example.evil.example",
        "evil.example:shop.example",
        "shop.example@evil.example",
        "evil@shop.example",
        "evil-shop.example",
        "sub.shop.example",
        "shop.example.",
        "shop.example:8080:80",
        "shop.example:x",
        "shop.example/path",
        "shop.example, evil.example",
        "shop.example evil.example",
        "[::1]",
        "",
    ] {
        let answer = ask(&shop, "GET /sign-in HTTP/1.1", &format!("Host: {host}\r\n")).await;
        let refused = answer.starts_with("HTTP/1.1 421") || answer.starts_with("HTTP/1.1 400");
        assert!(refused, "{host}: {answer}");
        assert!(
            !answer.contains("<form") && !answer.to_lowercase().contains("set-cookie"),
            "{host}: {answer}"
        );
    }
}

#[tokio::test]
async fn a_request_names_one_host_and_the_line_and_the_header_agree() {
    let shop = production().await;
    for (line, headers, status) in [
        ("GET /sign-in HTTP/1.1", "", "400"),
        ("GET /sign-in HTTP/1.0", "", "400"),
        ("GET /sign-in HTTP/1.1", "Host: shop.example\r\nHost: evil.example\r\n", "400"),
        ("GET http://shop.example/sign-in HTTP/1.1", "Host: shop.example\r\n", "200"),
        ("GET http://evil.example/sign-in HTTP/1.1", "Host: shop.example\r\n", "421"),
        ("GET http://shop.example/sign-in HTTP/1.1", "Host: evil.example\r\n", "421"),
        ("GET /sign-in HTTP/1.1", "Host: evil.example\r\nX-Forwarded-Host: shop.example\r\n", "421"),
    ] {
        let answer = ask(&shop, line, headers).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}"))
                || answer.starts_with(&format!("HTTP/1.0 {status}")),
            "{line} {headers}: {answer}"
        );
    }
    let answer =
        ask(&shop, "GET /gallery HTTP/1.1", "Host: shop.example\r\nX-Forwarded-Host: evil.example\r\n").await;
    assert!(!answer.contains("evil.example"), "{answer}");
}

#[tokio::test]
async fn whoever_watches_the_process_asks_by_address() {
    let shop = production().await;
    for path in ["/healthz", "/readyz"] {
        let answer = ask(&shop, &format!("GET {path} HTTP/1.1"), "Host: 10.0.0.7:8080\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn in_development_this_machine_has_many_names() {
    let shop = Shop::open().await;
    for (host, status) in [
        ("localhost:8080", StatusCode::OK),
        ("gallery.localhost", StatusCode::OK),
        ("127.0.0.7", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
        ("shop.example", StatusCode::OK),
        ("evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("localhost.evil.example", StatusCode::MISDIRECTED_REQUEST),
        ("192.168.0.7", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let answer = ask(&shop, "GET /gallery HTTP/1.1", &format!("Host: {host}\r\n")).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {}", status.as_u16())), "{host}: {answer}");
    }
}
