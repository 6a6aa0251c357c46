//! Who is let in to a page, and which thing the page is about: what handlers ask for in their arguments.

use std::{ops::Deref, str::FromStr, sync::Arc};

use poem::{FromRequest, Request, RequestBody, Result};
use shop::ids::AccountId;

use crate::{error::Problem, visit::Visit};

/// Anybody, signed in or not.
pub struct Guest(Arc<Visit>);

/// Somebody who is signed in; anybody else is asked to, and comes back.
pub struct Member {
    visit: Arc<Visit>,
    /// Who it is.
    pub account_id: AccountId,
}

impl<'a> FromRequest<'a> for Guest {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let visit = Visit::of(request)?;
        visit.visitor().await?;
        Ok(Self(visit))
    }
}

impl<'a> FromRequest<'a> for Member {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let visit = Visit::of(request)?;
        match visit.visitor().await? {
            Some(visitor) => Ok(Self { account_id: visitor.account_id, visit }),
            None => Err(Problem::SignInFirst(visit.way_back(request.method())).into()),
        }
    }
}

impl Deref for Guest {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.0
    }
}

impl Deref for Member {
    type Target = Visit;

    fn deref(&self) -> &Visit {
        &self.visit
    }
}

/// The id in a path. A text that is no id names nothing.
pub struct Id<T>(pub T);

impl<'a, T: FromStr + ToString> FromRequest<'a> for Id<T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let text = request.raw_path_param("id").unwrap_or_default();
        // One spelling an id: others that a UUID may have would be second addresses of the same page.
        let id: T = text.parse().map_err(|_| Problem::NotFound)?;
        if id.to_string() == text { Ok(Self(id)) } else { Err(Problem::NotFound.into()) }
    }
}
