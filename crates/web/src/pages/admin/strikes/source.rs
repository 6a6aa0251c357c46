//! GET /admin/strikes/{id}/source

use poem::{
    Response, handler,
    http::{HeaderValue, header},
};
use shop::{ids::StrikeId, sources::Original, strikes};

use crate::{
    admission::{Id, Staff},
    error::Problem,
    visit::see_other,
};

/// The picture that a customer brought along with a sentence that was turned down, for whoever judges: its bytes, or the way to
/// where they lie, by an address that is good for a moment. Nobody keeps it.
#[handler]
pub async fn show(visit: Staff, Id(id): Id<StrikeId>) -> Result<Response, Problem> {
    let mut response = match strikes::source(&visit.site.db, id).await? {
        Original::Bytes { bytes, format, .. } => {
            Response::builder().content_type(format.media_type()).body(bytes)
        }
        Original::Stored { key, .. } => see_other(&visit.site.storage.glimpse(visit.at(), &key)),
        Original::None | Original::Gone => return Err(Problem::NotFound),
    };
    let never = HeaderValue::from_static("private, no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, never);
    Ok(response)
}
