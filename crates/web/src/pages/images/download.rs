//! GET /images/{id}/download

use poem::{Response, handler, http::header};
use shop::{
    ids::ImageId,
    images::{self, ImageState},
};

use super::own;
use crate::{
    admission::{Id, Member},
    error::Problem,
    storage::disposition,
    visit::see_other,
};

/// The original as a file, for its owner.
#[handler]
pub async fn show(visit: Member, Id(id): Id<ImageId>) -> Result<Response, Problem> {
    let card = own(&visit, id).await?.card;
    if card.state == ImageState::Staged
        && let Some((bytes, format)) =
            images::staged_bytes(&visit.site.db, Some(visit.account_id), id).await?
    {
        return Ok(Response::builder()
            .content_type(format.media_type())
            .header(header::CONTENT_DISPOSITION, disposition(&card))
            .header(header::CACHE_CONTROL, "private, no-store")
            .body(bytes));
    }
    // Stored, perhaps since we looked.
    let mut response = see_other(&visit.site.storage.attachment(visit.at(), &card));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-store"));
    Ok(response)
}
