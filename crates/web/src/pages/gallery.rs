//! What everybody may see.

pub mod card;
pub mod index;
pub mod show;

use poem::{FromRequest, Request, RequestBody, Result};
use shop::images::{self, Format, Hung, ImageState, card_key, original_key, thumbnail_key};

use crate::{error::Problem, pictures::hung_path, visit::Visit};

/// What the card of a link measures, in pixels (`worker::pictures::cards::SIZE`).
const CARD: (i32, i32) = (1200, 630);

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

/// What is seen where a link to a picture is shared: the card that was made for that, and until then the picture itself.
struct Shared {
    /// Where it lies in object storage; nowhere while the picture is on its way there.
    key: Option<String>,
    format: Format,
    /// In pixels.
    width: i32,
    /// In pixels.
    height: i32,
}

impl Shared {
    fn of(hung: &Hung) -> Self {
        let card = &hung.card;
        let (width, height) = (card.width, card.height);
        match (card.state, hung.has_card, card.thumbnail_widths.last()) {
            (ImageState::Staged, ..) => Self { key: None, format: card.format, width, height },
            (ImageState::Stored, true, _) => {
                let (width, height) = CARD;
                Self { key: Some(card_key(card.id)), format: Format::Jpeg, width, height }
            }
            (ImageState::Stored, false, Some(widest)) => Self {
                key: Some(thumbnail_key(card.id, *widest, Format::Jpeg)),
                format: Format::Jpeg,
                width: *widest,
                height: scaled(height, *widest, width),
            },
            (ImageState::Stored, false, None) => {
                Self { key: Some(original_key(card.id, card.format)), format: card.format, width, height }
            }
        }
    }
}

/// A height as it is at another width, to the nearest pixel, as small versions are made.
fn scaled(height: i32, width: i32, of: i32) -> i32 {
    let (height, width, of) = (i64::from(height), i64::from(width), i64::from(of.max(1)));
    i32::try_from((height * width + of / 2) / of).unwrap_or(i32::MAX).max(1)
}
