//! Providers as the office sees them.

pub mod index;
pub mod pause;
pub mod probe;
pub mod resumption;
pub mod stay;

use poem::{FromRequest, Request, RequestBody, Response, Result};
use shop::{StaleTransition, providers};

use crate::{admission::Staff, error::Problem, flash::Flash, visit::Visit};

/// Where they are.
pub const PATH: &str = "/admin/providers";

/// The provider that a path names, if there is one.
pub struct Named(pub String);

impl<'a> FromRequest<'a> for Named {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let (visit, name) = (Visit::of(request)?, request.raw_path_param("name").unwrap_or_default());
        let known = providers::all(&visit.site.db).await.map_err(Problem::from)?;
        let found = known.into_iter().find(|provider| provider.name == name);
        Ok(Self(found.ok_or(Problem::NotFound)?.name))
    }
}

/// Says what became of it.
fn answer(visit: &Staff, changed: Result<(), StaleTransition>, flash: Flash) -> Response {
    visit.see_other_with(PATH, changed.map_or(Flash::NothingToDo, |()| flash))
}
