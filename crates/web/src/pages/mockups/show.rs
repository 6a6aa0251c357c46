//! GET /mockups/{id}

use std::borrow::Cow;

use poem::{
    Response, handler,
    http::{HeaderValue, header},
};
use serde::Serialize;
use shop::{ids::MockupId, images, mockups};

use crate::{
    admission::{Guest, Id},
    error::Problem,
    pages::products::looks::Look,
    views::Page,
};

/// templates/mockups/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    look: Look,
}

impl Page for Show {
    const TEMPLATE: &'static str = "mockups/show.html";

    fn title(&self) -> Cow<'_, str> {
        "What it will look like".into()
    }

    fn samples() -> Vec<Self> {
        Look::samples().into_iter().map(|look| Self { look }).collect()
    }
}

/// A mock-up as the product's page shows it, which asks for it until it is drawn. Whoever may not see the picture does not see
/// what it is on.
#[handler]
pub async fn show(visit: Guest, Id(id): Id<MockupId>) -> Result<Response, Problem> {
    let viewer = visit.account_id();
    let seen = mockups::seen(&visit.site.db, viewer, id).await?.ok_or(Problem::NotFound)?;
    let image =
        images::find(&visit.site.db, viewer, seen.subject.image_id).await?.ok_or(Problem::NotFound)?;
    let product = (seen.product_title.as_str(), seen.product_slug.as_str());
    let look = Look::new(&visit, &image.card, product, &seen.subject, Some(seen.mockup), false);
    let html = visit.markup(&Show { look })?;
    let mut response = Response::builder().content_type("text/html; charset=utf-8").body(html);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}
