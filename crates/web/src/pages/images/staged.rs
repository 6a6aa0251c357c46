//! GET /images/{id}/staged

use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
};
use sha2::{Digest, Sha256};
use shop::{
    accounts::Duty,
    ids::ImageId,
    images::{self, ImageState, original_key},
    sessions::SecondFactor,
};

use crate::{
    admission::{Guest, Id},
    error::Problem,
    visit::see_other,
};

/// The bytes of a picture that is not yet in object storage, for whoever may see it.
#[handler]
pub async fn show(request: &Request, visit: Guest, Id(id): Id<ImageId>) -> Result<Response, Problem> {
    let mut found = images::staged_bytes(&visit.site.db, visit.account_id(), id).await?;
    if found.is_none() && reviews(&visit) {
        found = images::submitted_bytes(&visit.site.db, id).await?;
    }
    let Some((bytes, format)) = found else { return moved(&visit, id).await };
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

/// Whether this is staff who look at pictures before they hang in the gallery, with a code, as in the office.
fn reviews(visit: &Guest) -> bool {
    visit.known_visitor().is_some_and(|visitor| {
        visitor.role.may(Duty::ReviewPictures) && visitor.second_factor == SecondFactor::Given
    })
}

/// Stored since the page was rendered that links here: the browser follows it there.
async fn moved(visit: &Guest, id: ImageId) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let stored = match images::find(db, visit.account_id(), id).await? {
        Some(image) => (image.card.state == ImageState::Stored).then_some(image.card.format),
        None if reviews(visit) => images::submitted_format(db, id).await?,
        None => None,
    };
    // If it is staged its row changed under us, twice: asking again finds it.
    let key = original_key(id, stored.ok_or(Problem::NotFound)?);
    let mut response = see_other(&visit.site.storage.link(visit.at(), &key));
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, header::HeaderValue::from_static("private, no-store"));
    Ok(response)
}
