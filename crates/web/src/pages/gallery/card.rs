//! GET /gallery/{name}/card.jpg

use poem::{
    Response, handler,
    http::{HeaderValue, header},
};

use super::{Name, Shared};
use crate::{admission::Guest, error::Problem, visit::see_other};

/// Shorter than the link behind it is good for, which is an hour at least.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=1800");

/// The picture that goes with links to one in the gallery. Whoever shares a link keeps this address for years, so that it is not
/// signed: it leads to one that is signed for this hour. As long as none was made it is the picture itself.
#[handler]
pub async fn show(visit: Guest, name: Name) -> Result<Response, Problem> {
    let hung = name.find(&visit).await?;
    let to = match Shared::of(&hung).key {
        Some(key) => visit.site.storage.link(visit.at(), &key),
        None => format!("/images/{}/staged", hung.card.id),
    };
    let mut response = see_other(&to);
    response.headers_mut().insert(header::CACHE_CONTROL, KEPT);
    Ok(response)
}
