//! GET /sources/{id}

use poem::{Response, handler, http::header};
use shop::{
    ids::SourceId,
    sources::{self, SourceState},
};

use crate::{
    admission::{Id, Member},
    error::Problem,
    visit::see_other,
};

/// A picture for whoever brought it along: its bytes, or the way to where they lie.
#[handler]
pub async fn show(visit: Member, Id(id): Id<SourceId>) -> Result<Response, Problem> {
    let db = &visit.site.db;
    if let Some(bytes) = sources::staged_bytes(db, visit.account_id, id).await? {
        let response = Response::builder().header(header::CACHE_CONTROL, "private, no-store");
        return Ok(response.content_type(sources::MEDIA_TYPE).body(bytes));
    }
    let source = sources::find(db, visit.account_id, id).await?.ok_or(Problem::NotFound)?;
    match source.state {
        SourceState::Stored => {
            let mut response = see_other(&visit.site.storage.link(visit.at(), &sources::key(id)));
            let never = header::HeaderValue::from_static("private, no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, never);
            Ok(response)
        }
        // Its row changed under us, twice: asking again finds it.
        SourceState::Staged | SourceState::Removed => Err(Problem::NotFound),
    }
}
