//! A part of a picture: what will be printed of it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::{
    crops::{Area, Crop, WHOLE},
    images::{Card, Format, ImageState, original_key, thumbnail_key},
};

use super::alt;
use crate::storage::Storage;

/// How many pixels the part has at least, if there are so many: twice what a list shows it with.
const PIXELS: i32 = 400;

/// A part of a picture, for a drawing whose window lies over the whole of it (`cropped` in templates/_picture.html): that needs no
/// inline style.
#[derive(Debug, Clone, Serialize)]
pub struct Cropped {
    src: String,
    alt: String,
    /// The whole picture's, in the unit of the window.
    width: i32,
    /// The same.
    height: i32,
    left: i32,
    top: i32,
    window_width: i32,
    window_height: i32,
}

impl Cropped {
    /// A part of the picture of a card, with a link that is signed for this hour.
    pub fn new(storage: &Storage, at: DateTime<Utc>, card: &Card, crop: Crop) -> Self {
        let whole = Area { width: card.width, height: card.height };
        let start = |side: i32, part: i32| {
            i32::try_from(i64::from(side) * i64::from(part) / i64::from(WHOLE)).unwrap_or_default()
        };
        let window = crop.of(whole);
        Self {
            src: src(storage, at, card, crop),
            alt: alt(&card.caption),
            width: whole.width,
            height: whole.height,
            left: start(whole.width, crop.left),
            top: start(whole.height, crop.top),
            window_width: window.width,
            window_height: window.height,
        }
    }

    /// One that lies across.
    pub fn sample() -> Self {
        Self {
            src: "https://pictures.example/320.jpg?a=1&b=2".to_owned(),
            alt: "AI-generated picture: A fox <asleep>".to_owned(),
            width: 1024,
            height: 1536,
            left: 0,
            top: 400,
            window_width: 1024,
            window_height: 768,
        }
    }
}

/// The smallest version of which enough pixels are in the part.
fn src(storage: &Storage, at: DateTime<Utc>, card: &Card, crop: Crop) -> String {
    let enough =
        |width: &&i32| i64::from(**width) * i64::from(crop.width) >= i64::from(PIXELS) * i64::from(WHOLE);
    let small = || card.thumbnail_widths.iter().find(enough).or(card.thumbnail_widths.last());
    match (card.state, small()) {
        (ImageState::Staged, _) => format!("/images/{}/staged", card.id),
        (ImageState::Stored, Some(width)) => storage.link(at, &thumbnail_key(card.id, *width, Format::Jpeg)),
        (ImageState::Stored, None) => storage.link(at, &original_key(card.id, card.format)),
    }
}
