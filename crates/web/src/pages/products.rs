//! What pictures are put on.

mod chips;
mod choosing;
mod chosen;
mod facts;
pub mod index;
pub mod looks;
pub mod mockups;
pub mod show;

use poem::{FromRequest, Request, RequestBody, Result};
use shop::products::{self, Product};

use crate::{error::Problem, visit::Visit};

/// A product's name in a path.
pub struct Slug(String);

impl<'a> FromRequest<'a> for Slug {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(Self(request.raw_path_param("slug").unwrap_or_default().to_owned()))
    }
}

impl Slug {
    /// The product that is sold under it.
    async fn find(&self, visit: &Visit) -> Result<Product, Problem> {
        products::find(&visit.site.db, &self.0).await?.ok_or(Problem::NotFound)
    }
}
