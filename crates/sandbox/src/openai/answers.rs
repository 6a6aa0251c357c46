//! What goes back over the wire, with the headers that OpenAI adds to everything.

use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::{StreamExt, stream};
use poem::{Body, Response};
use serde_json::Value;

use super::OpenAi;
use super::refusals::Refusal;

const REQUESTS_PER_MINUTE: u64 = 5_000;
const IMAGES_PER_MINUTE: u64 = 250;

/// An answer before it becomes a response, so that the journal can look at it.
pub(super) struct Reply {
    pub status: u16,
    /// How many pictures it charges for.
    pub pictures: u64,
    /// What it charges, in millionths of a dollar.
    pub microdollars: u64,
    pub payload: Payload,
    headers: Vec<(String, String)>,
}

pub(super) enum Payload {
    Json(Value),
    /// What a proxy in front of the API says, in HTML unless a header says something else.
    Text(String),
    /// Server-sent events, each after so long.
    Events(Vec<(Duration, String)>),
    /// Something whose second half never comes.
    Cut(Box<Payload>),
}

impl Payload {
    fn into_body(self) -> (&'static str, Bytes) {
        match self {
            Payload::Json(body) => ("application/json", Bytes::from(body.to_string())),
            Payload::Text(body) => ("text/html", Bytes::from(body)),
            Payload::Events(events) => {
                let whole: String = events.into_iter().map(|(_, event)| event).collect();
                ("text/event-stream", Bytes::from(whole))
            }
            Payload::Cut(whole) => whole.into_body(),
        }
    }
}

impl Reply {
    pub fn new(status: u16, payload: Payload) -> Reply {
        Reply { status, pictures: 0, microdollars: 0, payload, headers: Vec::new() }
    }

    pub fn ok(body: Value) -> Reply {
        Reply::new(200, Payload::Json(body))
    }

    pub fn retry_after(self, seconds: u64) -> Reply {
        self.header("retry-after", seconds.to_string()).header("retry-after-ms", (seconds * 1000).to_string())
    }

    /// Sets a header, instead of one of the same name.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Reply {
        let name = name.into().to_ascii_lowercase();
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Adds request id, time taken and limits, unless they are set already. A 429 says that nothing is left.
    pub fn stamped(mut self, openai: &OpenAi, id: &str, since: Instant) -> Reply {
        let (calls, pictures) = openai.journal.last_minute();
        let wait =
            self.headers.iter().find(|(name, _)| *name == "retry-after").map(|(_, value)| value.clone());
        let left = |limit: u64, used: u64| if self.status == 429 { 0 } else { limit.saturating_sub(used) };
        let reset = |limit: u64, used: u64| match &wait {
            Some(seconds) => format!("{seconds}s"),
            None => format!("{}ms", used * 60_000 / limit),
        };
        let more = [
            ("x-request-id", id.to_owned()),
            ("openai-processing-ms", since.elapsed().as_millis().to_string()),
            ("openai-organization", "org-sandbox".to_owned()),
            ("openai-version", "2020-10-01".to_owned()),
            ("x-ratelimit-limit-requests", REQUESTS_PER_MINUTE.to_string()),
            ("x-ratelimit-remaining-requests", left(REQUESTS_PER_MINUTE, calls).to_string()),
            ("x-ratelimit-reset-requests", reset(REQUESTS_PER_MINUTE, calls)),
            ("x-ratelimit-limit-images", IMAGES_PER_MINUTE.to_string()),
            ("x-ratelimit-remaining-images", left(IMAGES_PER_MINUTE, pictures).to_string()),
            ("x-ratelimit-reset-images", reset(IMAGES_PER_MINUTE, pictures)),
        ];
        for (name, value) in more {
            if !self.headers.iter().any(|(other, _)| other == name) {
                self.headers.push((name.to_owned(), value));
            }
        }
        self
    }

    pub fn into_response(self) -> Response {
        let status =
            http::StatusCode::from_u16(self.status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
        if let Payload::Events(events) = self.payload {
            let stream = stream::iter(events).then(|(after, event)| async move {
                tokio::time::sleep(after).await;
                Ok::<_, std::io::Error>(Bytes::from(event))
            });
            let mut builder = Response::builder().status(status).content_type("text/event-stream");
            for (name, value) in self.headers {
                builder = builder.header(name, value);
            }
            return builder.body(Body::from_bytes_stream(stream));
        }
        let is_cut = matches!(self.payload, Payload::Cut(_));
        let (content_type, whole) = self.payload.into_body();
        let mut builder = Response::builder().status(status).content_type(content_type);
        for (name, value) in self.headers {
            // poem appends what is there already, and two of a kind would be another answer.
            builder = match name.as_str() {
                "content-type" => builder.content_type(&value),
                _ => builder.header(name, value),
            };
        }
        if !is_cut {
            return builder.body(whole);
        }
        // The length promises the whole, so that a client can tell a cut from an end.
        let builder = builder.header("content-length", whole.len());
        let half = whole.slice(..whole.len() / 2);
        let cut = async {
            // Without the pause the connection ends before the first half has left.
            tokio::time::sleep(Duration::from_millis(200)).await;
            Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut by the sandbox"))
        };
        builder.body(Body::from_bytes_stream(stream::iter([Ok(half)]).chain(stream::once(cut))))
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Reply {
        let payload = if refusal.html {
            Payload::Text(
                "<html>\r\n<head><title>429 Too Many Requests</title></head>\r\n<body>\r\n<center><h1>429 Too Many \
                 Requests</h1></center>\r\n<hr><center>proxy</center>\r\n</body>\r\n</html>\r\n"
                    .to_owned(),
            )
        } else {
            Payload::Json(refusal.body())
        };
        let reply = Reply::new(refusal.status, payload);
        match refusal.retry_after {
            Some(seconds) => reply.retry_after(seconds),
            None => reply,
        }
    }
}
