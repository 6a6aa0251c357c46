//! GET /generations/{id}/preview

use poem::{Response, handler, http::header};
use shop::{generations, ids::GenerationId};

use crate::{
    admission::{Guest, Id},
    error::Problem,
};

/// What can be seen of a picture while it is drawn, for whoever asked for it. The page names which one it is in the query, so
/// that a browser shows each only once.
#[handler]
pub async fn show(visit: Guest, Id(id): Id<GenerationId>) -> Result<Response, Problem> {
    let account_id = visit.account_id().ok_or(Problem::SignedOut)?;
    let webp = generations::preview(&visit.site.db, account_id, id).await?.ok_or(Problem::NotFound)?;
    Ok(Response::builder()
        .header(header::CACHE_CONTROL, "private, no-store")
        .content_type("image/webp")
        .body(webp))
}
