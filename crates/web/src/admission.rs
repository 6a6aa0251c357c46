//! Who is let in to a page: the gate in front of each URL, and what handlers ask for in their arguments.

use std::{ops::Deref, str::FromStr, sync::Arc};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Duration;
use poem::{Endpoint, FromRequest, Request, RequestBody, Response, Result, http::Method};
use sha2::{Digest, Sha256};
use shop::{
    accounts::{Duty, Role},
    audit::Actor,
    ids::AccountId,
    sessions::{SecondFactor, Visitor},
    tokens::{self, Purpose, Token, TokenHash},
};

use crate::{error::Problem, visit::Visit};

/// How long a proof of being there is good for what gives power or moves money.
pub const STEP_UP_LASTS: Duration = Duration::minutes(10);

/// Whom a URL is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody.
    Anybody,
    /// Whoever is signed in.
    Member,
    /// Whoever is signed in; what others are answered is the page's own business: it keeps what they wrote, or speaks to a
    /// script.
    MemberByPage,
    /// Staff who do this. To anybody else the URL does not exist.
    Staff(Duty),
}

/// Stands in front of a URL, before its form is read.
pub struct Gate<E> {
    access: Access,
    inner: E,
}

impl<E> Gate<E> {
    /// In front of this.
    pub fn new(access: Access, inner: E) -> Self {
        Self { access, inner }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Gate<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let visit = Visit::of(&request)?;
        match self.access {
            Access::Anybody | Access::MemberByPage => {}
            Access::Member => {
                member(&visit, request.method()).await?;
            }
            Access::Staff(duty) => staff(&visit, request.method(), duty).await?,
        }
        self.inner.call(request).await
    }
}

async fn member<'v>(visit: &'v Visit, method: &Method) -> Result<&'v Visitor, Problem> {
    visit.visitor().await?.ok_or_else(|| Problem::SignInFirst(visit.way_back(method)))
}

async fn staff(visit: &Visit, method: &Method, duty: Duty) -> Result<(), Problem> {
    let visitor = member(visit, method).await?;
    if !visitor.role.may(duty) {
        return Err(Problem::NotFound);
    }
    if visitor.second_factor != SecondFactor::Given {
        return Err(Problem::SecondFactorFirst);
    }
    if duty.needs_step_up() && !is_fresh(visit, visitor) {
        return Err(Problem::ConfirmFirst(visit.way_back(method)));
    }
    Ok(())
}

/// Whether the person proved a moment ago to be there.
pub fn is_fresh(visit: &Visit, visitor: &Visitor) -> bool {
    visitor.confirmed_at >= visit.at() - STEP_UP_LASTS
}

/// Anybody, signed in or not.
pub struct Guest(Arc<Visit>);

/// Somebody who is signed in; anybody else is asked to, and comes back.
pub struct Member {
    visit: Arc<Visit>,
    /// Who it is.
    pub account_id: AccountId,
}

/// Somebody who works for the shop. What they may do was looked at by the [`Gate`].
pub struct Staff {
    visit: Arc<Visit>,
    /// What they may do.
    pub role: Role,
    /// As the audit log names them.
    pub actor: Actor,
}

impl<'a> FromRequest<'a> for Guest {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let visit = Visit::of(request)?;
        visit.visitor().await?;
        Ok(Self(visit))
    }
}

impl Member {
    /// Who it is, with everything that is known of their session.
    pub async fn visitor(&self) -> Result<&Visitor, Problem> {
        self.visit.visitor().await?.ok_or(Problem::SignedOut)
    }
}

impl<'a> FromRequest<'a> for Member {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let visit = Visit::of(request)?;
        let account_id = member(&visit, request.method()).await?.account_id;
        Ok(Self { visit, account_id })
    }
}

impl<'a> FromRequest<'a> for Staff {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let visit = Visit::of(request)?;
        let visitor = member(&visit, request.method()).await?;
        if !visitor.role.is_staff() {
            return Err(Problem::NotFound.into());
        }
        let actor =
            Actor { account_id: Some(visitor.account_id), client_address: visit.client_address.clone() };
        Ok(Self { role: visitor.role, actor, visit })
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

impl Deref for Staff {
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

/// What a link in a mail carries, as it stands in the path: 256 bits, known to the database by their sha256.
pub struct Link(Option<TokenHash>);

impl<'a> FromRequest<'a> for Link {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let text = request.raw_path_param("token").unwrap_or_default();
        let bits = BASE64_URL_SAFE_NO_PAD.decode(text).ok().filter(|bits| bits.len() == 32);
        Ok(Self(bits.map(|bits| Sha256::digest(bits).into())))
    }
}

impl Link {
    /// What the database knows it by, if it has the form of one of ours.
    pub fn hash(&self) -> Option<TokenHash> {
        self.0
    }

    /// What it is about, if it is still good for this. A link that lost a letter on its way is as one that was used.
    pub async fn find(&self, visit: &Visit, purpose: Purpose) -> Result<Option<(TokenHash, Token)>, Problem> {
        let Some(hash) = self.0 else { return Ok(None) };
        let token = tokens::find(&visit.site.db, visit.at(), purpose, &hash).await?;
        Ok(token.map(|token| (hash, token)))
    }
}
