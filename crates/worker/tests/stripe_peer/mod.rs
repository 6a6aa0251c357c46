//! Somebody at Stripe's address who answers as the test says, also as Stripe itself would never do.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// What a call meets.
#[derive(Debug, Clone, Copy)]
pub enum Meets {
    /// A status and a body.
    Answer(u16, &'static str),
    /// Nothing, for longer than anybody waits.
    Silence,
    /// A connection that closes.
    Cut,
}

/// A call, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub line: String,
    pub key: Option<String>,
    pub authorization: String,
    pub body: String,
}

/// A peer that listens until the test ends.
pub struct Peer {
    pub base_url: String,
    calls: Arc<Mutex<Vec<Call>>>,
}

const OPENED: &str = r#"{"id":"cs_peer_1","object":"checkout.session","url":"https://pay.example/cs_peer_1","expires_at":4102444800,"a_new_field":{}}"#;

impl Peer {
    /// Answers one call after the other so, and then as if a session had been opened.
    pub async fn listen(script: &[Meets]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let calls: Arc<Mutex<Vec<Call>>> = Arc::default();
        let (heard, script) =
            (calls.clone(), Arc::new(Mutex::new(script.iter().copied().collect::<VecDeque<_>>())));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, heard.clone(), script.clone()));
            }
        });
        Self { base_url, calls }
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().expect("no panic").clone()
    }
}

async fn answer(mut stream: TcpStream, calls: Arc<Mutex<Vec<Call>>>, script: Arc<Mutex<VecDeque<Meets>>>) {
    let Some(call) = read(&mut stream).await else { return };
    calls.lock().expect("no panic").push(call);
    let meets = script.lock().expect("no panic").pop_front().unwrap_or(Meets::Answer(200, OPENED));
    match meets {
        Meets::Cut => {}
        Meets::Silence => tokio::time::sleep(Duration::from_mins(1)).await,
        Meets::Answer(status, body) => {
            let answer = format!(
                "HTTP/1.1 {status} Whatever\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.ok();
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Call> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 4096]);
    loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let header = |name: &str| {
                let lines = head.lines().filter_map(|line| line.split_once(':'));
                let mut found = lines.filter(|(known, _)| known.eq_ignore_ascii_case(name));
                found.next().map(|(_, value)| value.trim().to_owned())
            };
            let length: usize =
                header("content-length").and_then(|length| length.parse().ok()).unwrap_or_default();
            if bytes.len() >= end + 4 + length {
                return Some(Call {
                    line: head.lines().next().unwrap_or_default().to_owned(),
                    key: header("idempotency-key"),
                    authorization: header("authorization").unwrap_or_default(),
                    body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned(),
                });
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => bytes.extend_from_slice(&chunk[..read]),
        }
    }
}
