//! GET /gallery/{name}/card.jpg

use poem::{
    Response, handler,
    http::{HeaderValue, header},
};
use shop::images::{Format, ImageState, card_key, original_key, thumbnail_key};

use super::Name;
use crate::{admission::Guest, error::Problem, visit::see_other};

/// Shorter than the link behind it is good for, which is an hour at least.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=1800");

/// The picture that goes with links to one in the gallery. Whoever shares a link keeps this address for years, so that it is not
/// signed: it leads to one that is signed for this hour. As long as none was made it is the picture itself.
#[handler]
pub async fn show(visit: Guest, name: Name) -> Result<Response, Problem> {
    let hung = name.find(&visit).await?;
    let card = &hung.card;
    let to = match (card.state, hung.has_card, card.thumbnail_widths.last()) {
        (ImageState::Staged, _, _) => format!("/images/{}/staged", card.id),
        (ImageState::Stored, true, _) => visit.site.storage.link(visit.at(), &card_key(card.id)),
        (ImageState::Stored, false, Some(widest)) => {
            visit.site.storage.link(visit.at(), &thumbnail_key(card.id, *widest, Format::Jpeg))
        }
        (ImageState::Stored, false, None) => {
            visit.site.storage.link(visit.at(), &original_key(card.id, card.format))
        }
    };
    let mut response = see_other(&to);
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    Ok(response)
}
