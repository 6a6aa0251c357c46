//! Why and when something changes: it goes with every transition into the rows and the jobs that follow from it.

use chrono::{DateTime, Utc};

/// The moment of a change and the request that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    /// When it happens. Rows and ids are dated with it.
    pub at: DateTime<Utc>,
    /// The id of the HTTP request that started it all; jobs hand it on, so that one search follows a click to its end.
    pub request_id: Option<String>,
}

impl Cause {
    /// A change at this moment, on behalf of a request if there was one.
    #[expect(clippy::disallowed_methods, reason = "the one home of the clock: everything else takes a Cause")]
    pub fn now(request_id: Option<String>) -> Self {
        Self { at: Utc::now(), request_id }
    }
}
