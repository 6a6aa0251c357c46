//! What everybody may see.

pub mod card;
pub mod index;
pub mod show;

use poem::{FromRequest, Request, RequestBody, Result};
use shop::images::{self, Hung};

use crate::{error::Problem, pictures::hung_path, visit::Visit};

/// How many digits name a picture at the end of an address: [`images::short_id`].
const SHORT: usize = 16;

/// The last part of an address in the gallery: words that may have changed since somebody wrote them down, and the end of an id.
pub struct Name(String);

impl<'a> FromRequest<'a> for Name {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(Self(request.raw_path_param("name").unwrap_or_default().to_owned()))
    }
}

impl Name {
    /// The picture that hangs there.
    async fn find(&self, visit: &Visit) -> Result<Hung, Problem> {
        let name = &self.0;
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let short = name.get(name.len().saturating_sub(SHORT)..).filter(|short| short.bytes().all(digit));
        let short = short.ok_or(Problem::NotFound)?;
        images::hung(&visit.site.db, visit.account_id(), short).await?.ok_or(Problem::NotFound)
    }

    /// Whether it is the very address of the picture.
    fn is_of(&self, hung: &Hung) -> bool {
        hung_path(&hung.card.caption, hung.card.id).strip_prefix("/gallery/") == Some(&self.0)
    }
}
