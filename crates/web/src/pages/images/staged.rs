//! GET /images/{id}/staged

use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
};
use sha2::{Digest, Sha256};
use shop::{ids::ImageId, images};

use crate::{
    admission::{Guest, Id},
    error::Problem,
};

/// The bytes of a picture that is not yet in object storage, for whoever may see it.
#[handler]
pub async fn show(request: &Request, visit: Guest, Id(id): Id<ImageId>) -> Result<Response, Problem> {
    let staged = images::staged_bytes(&visit.site.db, visit.account_id(), id).await?;
    let (bytes, format) = staged.ok_or(Problem::NotFound)?;
    let etag = format!("\"{}\"", hex::encode(Sha256::digest(&bytes)));
    let known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let response = Response::builder()
        .header(header::CACHE_CONTROL, "private, no-store")
        .header(header::ETAG, etag.as_str());
    Ok(if known {
        response.status(StatusCode::NOT_MODIFIED).finish()
    } else {
        response.content_type(format.media_type()).body(bytes)
    })
}
