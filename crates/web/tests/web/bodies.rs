//! Bodies that no form has.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::stream;
use reqwest::{Body, Method, StatusCode, header::CONTENT_TYPE};

use crate::support::Shop;

const FORM: &str = "application/x-www-form-urlencoded";

fn resident_megabytes() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
    let kilobytes: usize = line.split_whitespace().nth(1).expect("a figure").parse().expect("a number");
    kilobytes / 1024
}

#[tokio::test]
async fn two_hundred_megabytes_are_refused_and_not_kept() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    let before = resident_megabytes();
    let most = Arc::new(AtomicUsize::new(0));
    let watch = tokio::spawn({
        let most = most.clone();
        async move {
            loop {
                most.fetch_max(resident_megabytes(), Ordering::Relaxed);
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    });
    let chunk = Bytes::from(vec![b'x'; 64 * 1024]);
    for announced in [true, false] {
        let chunks = stream::iter((0..3_200).map({
            let chunk = chunk.clone();
            move |_| Ok::<_, std::io::Error>(chunk.clone())
        }));
        let mut request = browser
            .request(Method::POST, "/sign-up")
            .header(CONTENT_TYPE, FORM)
            .body(Body::wrap_stream(chunks));
        if announced {
            request = request.header("content-length", 3_200 * 64 * 1024);
        }
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.text.contains("larger than any form of ours"), "{}", answer.text);
    }
    watch.abort();
    let most = most.load(Ordering::Relaxed);
    assert!(most > 0 && most < before + 100, "{before} MB before, {most} MB at most");
    assert_eq!(shop.rows().await, [0, 0, 0, 0, 0]);
}

#[tokio::test]
async fn the_limit_is_the_same_with_and_without_an_announced_length() {
    let shop = Shop::open().await;
    let browser = shop.browser();
    for (length, status) in [
        (web::forms::BODY_MAX, StatusCode::FORBIDDEN),
        (web::forms::BODY_MAX + 1, StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let body = "x".repeat(length);
        let request = browser.request(Method::POST, "/sign-up").header(CONTENT_TYPE, FORM).body(body.clone());
        assert_eq!(browser.send(request).await.status, status, "{length} announced");
        let chunks = Body::wrap_stream(stream::iter([Ok::<_, std::io::Error>(body)]));
        let request = browser.request(Method::POST, "/sign-up").header(CONTENT_TYPE, FORM).body(chunks);
        assert_eq!(browser.send(request).await.status, status, "{length} in chunks");
    }
}
