//! Pictures as templates show them, wherever their bytes are.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::{
    ids::ImageId,
    images::{Card, Format, ImageState, original_key, thumbnail_key},
};
use tera::Value;
use uuid::Uuid;

use crate::storage::{Storage, hour};

/// How many pictures are kept ready for the templates. One takes about 4 kB, nearly all of it links.
const REMEMBERED: usize = 2_000;

/// A picture among others, or alone: a value that every template may share.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Picture(Value);

#[derive(Serialize)]
struct Described<'a> {
    id: ImageId,
    href: String,
    alt: &'a str,
    width: i32,
    height: i32,
    src: Value,
    webp_srcset: Value,
    jpeg_srcset: Value,
    staged: bool,
}

/// Makes pictures of cards, and remembers those whose links are good for this hour.
#[derive(Default)]
pub struct Pictures(RwLock<Hour>);

/// By picture and how many small versions it had: with more of them the links are others.
#[derive(Default)]
struct Hour {
    began: i64,
    pictures: HashMap<(ImageId, usize), Picture>,
}

impl Pictures {
    /// The picture of a card, with links that are signed for this hour.
    pub fn show(&self, storage: &Storage, at: DateTime<Utc>, card: &Card) -> Picture {
        let key = (card.id, card.thumbnail_widths.len());
        match card.state {
            ImageState::Staged => return Picture::staged(card),
            ImageState::Stored => {}
        }
        {
            let remembered = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = remembered.pictures.get(&key).filter(|_| remembered.began == hour(at)) {
                return known.clone();
            }
        }
        let picture = Picture::stored(storage, at, card);
        let mut remembered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.began != hour(at) || remembered.pictures.len() >= REMEMBERED {
            *remembered = Hour { began: hour(at), pictures: HashMap::new() };
        }
        remembered.pictures.insert(key, picture.clone());
        picture
    }
}

impl Picture {
    fn staged(card: &Card) -> Self {
        Self::new(card, &format!("/images/{}/staged", card.id), "", "")
    }

    /// With links to its small versions, or to the original while there are none.
    fn stored(storage: &Storage, at: DateTime<Utc>, card: &Card) -> Self {
        let srcset = |format| {
            let small = |width: &i32| {
                format!("{} {width}w", storage.link(at, &thumbnail_key(card.id, *width, format)))
            };
            card.thumbnail_widths.iter().map(small).collect::<Vec<_>>().join(", ")
        };
        let middle = card.thumbnail_widths.get(card.thumbnail_widths.len() / 2);
        let src = match middle {
            Some(width) => thumbnail_key(card.id, *width, Format::Jpeg),
            None => original_key(card.id, card.format),
        };
        Self::new(card, &storage.link(at, &src), &srcset(Format::Webp), &srcset(Format::Jpeg))
    }

    fn new(card: &Card, src: &str, webp_srcset: &str, jpeg_srcset: &str) -> Self {
        // Escaped once and for all: to escape the 60 kB of links on a page of 24 pictures anew took longer than
        // everything else about the page.
        let [src, webp_srcset, jpeg_srcset] =
            [src, webp_srcset, jpeg_srcset].map(|links| Value::safe_string(&escaped(links)));
        Self(Value::from_serializable(&Described {
            id: card.id,
            href: format!("/images/{}", card.id),
            alt: &card.prompt,
            width: card.width,
            height: card.height,
            src,
            webp_srcset,
            jpeg_srcset,
            staged: card.state == ImageState::Staged,
        }))
    }

    /// Two of them: one from storage, one that is still on its way there.
    pub fn samples() -> Vec<Self> {
        let card = |width, height, state| Card {
            id: ImageId(Uuid::nil()),
            generation_id: shop::ids::GenerationId(Uuid::nil()),
            prompt: "A fox <asleep> under \"autumn\" leaves".to_owned(),
            width,
            height,
            format: Format::Png,
            state,
            thumbnail_widths: vec![],
            published_at: None,
        };
        let srcset = |ending: &str| {
            [320, 640, 960]
                .map(|width| format!("https://pictures.example/{width}.{ending}?a=1&b=2 {width}w"))
                .join(", ")
        };
        let src = "https://pictures.example/640.jpg?a=1&b=2";
        vec![
            Self::new(&card(1536, 1024, ImageState::Stored), src, &srcset("webp"), &srcset("jpg")),
            Self::staged(&card(1024, 1536, ImageState::Staged)),
        ]
    }
}

/// As Tera escapes.
fn escaped(text: &str) -> String {
    let mut escaped = Vec::with_capacity(text.len() + text.len() / 8);
    tera::escape_html(text, &mut escaped).expect("memory takes every write");
    String::from_utf8(escaped).expect("text stays text")
}
