//! Slow clients, and an orderly end.

use std::time::{Duration, Instant};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::Shop;

async fn connect(shop: &Shop) -> TcpStream {
    TcpStream::connect(shop.base.trim_start_matches("http://")).await.expect("a connection")
}

#[tokio::test]
async fn a_head_that_drips_is_cut_off() {
    let shop = Shop::open().await;
    let started = Instant::now();
    let clients = (0..50).map(async |_| {
        let mut stream = connect(&shop).await;
        stream.write_all(b"GET / HTTP/1.1\r\nHost: shop.example\r\n").await.expect("sent");
        let mut answer = Vec::new();
        loop {
            match timeout(Duration::from_secs(1), stream.read_to_end(&mut answer)).await {
                Ok(_) => return,
                Err(_) => stream.write_all(b"x-drip: 1\r\n").await.unwrap_or_default(),
            }
        }
    });
    timeout(Duration::from_secs(15), futures::future::join_all(clients)).await.expect("all are cut off");
    let took = started.elapsed();
    assert!(took >= web::server::HEAD_TIME, "not before their time: {took:?}");
}

#[tokio::test]
async fn heads_have_a_limit() {
    let shop = Shop::open().await;
    for head in [
        format!("GET / HTTP/1.1\r\nHost: shop.example\r\n{}\r\n", "a: b\r\n".repeat(80)),
        format!("GET / HTTP/1.1\r\nHost: shop.example\r\na: {}\r\n\r\n", "x".repeat(300_000)),
    ] {
        let mut stream = connect(&shop).await;
        stream.write_all(head.as_bytes()).await.ok();
        let mut answer = String::new();
        timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await.expect("an end").ok();
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
}

#[tokio::test]
async fn a_stop_lets_what_began_end() {
    let mut shop = Shop::open().await;
    let mut stream = connect(&shop).await;
    let body = "csrf=x";
    stream
        .write_all(b"POST /sign-up HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 6\r\n\r\ncs")
        .await
        .expect("sent");
    let mut idle = connect(&shop).await;
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: shop.example\r\n\r\n").await.expect("sent");
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.expect("an answer");
    let rest = async {
        sleep(Duration::from_millis(500)).await;
        stream.write_all(&body.as_bytes()[2..]).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        answer
    };
    let base = shop.base.clone();
    let started = Instant::now();
    let (answer, ()) = tokio::join!(rest, shop.close());
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    assert!(started.elapsed() < Duration::from_secs(5), "idle connections do not hold it up");
    assert!(TcpStream::connect(base.trim_start_matches("http://")).await.is_err(), "nobody listens any more");
}
