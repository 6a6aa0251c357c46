//! What the store was asked for.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use http::{Method, Request, StatusCode};
use serde::Serialize;

use crate::clock;

/// So many requests are kept for the dashboard.
const REMEMBERED: usize = 200;

/// Requests by what they did; refused and broken ones are counted as such too.
#[derive(Default)]
pub(crate) struct Counts(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    by_kind: BTreeMap<&'static str, u64>,
    recent: VecDeque<Seen>,
}

/// One request, as the dashboard shows it.
#[derive(Clone, Serialize)]
pub(crate) struct Seen {
    pub kind: &'static str,
    pub method: String,
    pub path: String,
    pub at_ms: u64,
    pub status: u16,
}

impl Seen {
    pub fn of<B>(request: &Request<B>) -> Seen {
        Seen {
            kind: kind(request),
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            at_ms: clock::now_ms(),
            status: 0,
        }
    }
}

impl Counts {
    pub fn add(&self, mut seen: Seen, status: StatusCode) {
        seen.status = status.as_u16();
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *inner.by_kind.entry(seen.kind).or_default() += 1;
        if status == StatusCode::FORBIDDEN {
            *inner.by_kind.entry("refused").or_default() += 1;
        } else if status.is_server_error() {
            *inner.by_kind.entry("failed").or_default() += 1;
        }
        if inner.recent.len() == REMEMBERED {
            inner.recent.pop_front();
        }
        inner.recent.push_back(seen);
    }

    /// The counts; the common kinds are always there, so that a test may read them without asking first.
    pub fn by_kind(&self) -> BTreeMap<&'static str, u64> {
        let mut counts: BTreeMap<_, _> =
            ["put", "get", "head", "list", "delete", "copy", "other", "refused", "failed"]
                .map(|kind| (kind, 0))
                .into();
        counts.extend(self.0.lock().unwrap_or_else(PoisonError::into_inner).by_kind.clone());
        counts
    }

    /// The latest requests, newest first.
    pub fn recent(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).recent.iter().rev().cloned().collect()
    }

    pub fn forget(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Inner::default();
    }
}

fn kind<B>(request: &Request<B>) -> &'static str {
    let path = request.uri().path().trim_matches('/');
    let has_key = path.contains('/');
    let query = request.uri().query().unwrap_or_default();
    match *request.method() {
        Method::PUT if request.headers().contains_key("x-amz-copy-source") => "copy",
        Method::PUT if has_key => "put",
        Method::GET if has_key => "get",
        Method::GET => "list",
        Method::HEAD => "head",
        Method::DELETE => "delete",
        Method::POST if !has_key && query.starts_with("delete") => "delete",
        _ => "other",
    }
}

/// Whether a path climbs out of its bucket. S3 refuses it; s3s-fs would write beside the bucket.
pub(crate) fn climbs(path: &str) -> bool {
    let path = path.to_ascii_lowercase().replace("%2e", ".").replace("%2f", "/");
    path.split(['/', '\\']).any(|segment| segment == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_climbing_key_is_seen_in_any_spelling() {
        assert!(climbs("/art/../x"));
        assert!(climbs("/art/%2E%2e%2Fx"));
        assert!(!climbs("/art/a..b/..c"));
    }

    #[test]
    fn requests_are_told_apart() {
        let of = |method: &str, uri: &str| {
            kind(&Request::builder().method(method).uri(uri).body(()).expect("a request"))
        };
        assert_eq!(of("PUT", "/art/a.png"), "put");
        assert_eq!(of("GET", "/art/a.png?x=1"), "get");
        assert_eq!(of("GET", "/art?list-type=2"), "list");
        assert_eq!(of("POST", "/art?delete"), "delete");
        assert_eq!(of("PUT", "/art"), "other");
    }
}
