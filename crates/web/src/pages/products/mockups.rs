//! POST /products/{slug}/mockups

use poem::{Request, Response, handler, http::StatusCode};
use shop::{
    crops::Area,
    ids::ImageId,
    mockups::{self, MockupState, Subject},
};

use super::{
    Slug,
    choosing::{Asked, offers},
    looks::Fields,
    show,
};
use crate::{admission::Guest, error::Problem, flash::Flash, forms::CheckedForm, limits, visit::see_other};

/// Has a mock-up drawn: of what somebody looks at, as far as they may see it. A script goes on to the mock-up alone, anybody else
/// to the product's page.
#[handler]
pub async fn create(
    request: &Request,
    visit: Guest,
    slug: Slug,
    form: CheckedForm,
) -> Result<Response, Problem> {
    let product = slug.find(&visit).await?;
    let id: ImageId = form.text("image").parse().map_err(|_| Problem::NotFound)?;
    let image = show::usable(&visit, id).await?.ok_or(Problem::NotFound)?;
    let asked = Asked::read(|field| Some(form.text(field).to_owned()).filter(|text| !text.is_empty()));
    let prices = show::prices_of(&visit, &product).await?;
    let picture = Area { width: image.card.width, height: image.card.height };
    let choice = asked.choose(&offers(&product, &prices), picture).ok_or(Problem::NotFound)?;
    let subject = Subject {
        image_id: id,
        variant_id: choice.offer.variant.id,
        orientation: choice.orientation,
        crop: choice.crop,
    };
    let by_script = request.header("hx-request").is_some();
    let page = Fields::new(&subject).address(&product.slug);
    // What is there already costs nothing, however often it is asked for.
    let known = mockups::find(&visit.site.db, &subject).await?;
    let known = known.filter(|mockup| mockup.state != MockupState::Failed);
    let mockup = if known.is_some() {
        known
    } else {
        let who = match (visit.account_id(), &visit.session) {
            (Some(account), _) => account.to_string(),
            (None, Some(session)) => hex::encode(session.id_hash()),
            (None, None) => String::new(),
        };
        limits::take(&visit, &limits::MOCKUP, &who).await??;
        mockups::want(&visit.site.db, &visit.cause, &subject).await?
    };
    Ok(match mockup {
        Some(mockup) if by_script => see_other(&format!("/mockups/{}", mockup.id)),
        Some(_) => see_other(&page),
        // The page stays as it is, with the plain picture.
        None if by_script => Response::builder().status(StatusCode::NO_CONTENT).finish(),
        None => visit.see_other_with(&page, Flash::MockupsBusy),
    })
}
