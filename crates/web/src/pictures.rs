//! Pictures as templates show them, wherever their bytes are.

mod crops;

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{PoisonError, RwLock},
};

use chrono::{DateTime, Utc};
pub use crops::Cropped;
use serde::Serialize;
use shop::{
    ids::ImageId,
    images::{Card, Format, ImageState, original_key, short_id, suggested_title, thumbnail_key},
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

/// Where a picture is shown, and leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wall {
    /// Among its owner's.
    Own,
    /// In the gallery.
    Gallery,
}

#[derive(Serialize)]
struct Described {
    id: ImageId,
    href: String,
    alt: String,
    width: i32,
    height: i32,
    src: Value,
    webp_srcset: Value,
    jpeg_srcset: Value,
    staged: bool,
    favourite: bool,
}

/// Makes pictures of cards, and remembers those whose links are good for this hour.
#[derive(Default)]
pub struct Pictures(RwLock<Hour>);

/// Everything that may change about a picture while its id stays.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    id: ImageId,
    wall: Wall,
    /// With more small versions the links are others.
    widths: usize,
    favourite: bool,
    /// Of what it is called: hashed, so that looking it up copies nothing.
    caption: u64,
}

impl Key {
    fn new(card: &Card, wall: Wall) -> Self {
        let mut hasher = DefaultHasher::new();
        card.caption.hash(&mut hasher);
        Self {
            id: card.id,
            wall,
            widths: card.thumbnail_widths.len(),
            favourite: card.favourite,
            caption: hasher.finish(),
        }
    }
}

#[derive(Default)]
struct Hour {
    began: i64,
    pictures: HashMap<Key, Picture>,
}

impl Pictures {
    /// The picture of a card, with links that are signed for this hour.
    pub fn show(&self, storage: &Storage, at: DateTime<Utc>, card: &Card, wall: Wall) -> Picture {
        match card.state {
            ImageState::Staged => return Picture::staged(card, wall),
            ImageState::Stored => {}
        }
        let key = Key::new(card, wall);
        {
            let remembered = self.0.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = remembered.pictures.get(&key).filter(|_| remembered.began == hour(at)) {
                return known.clone();
            }
        }
        let picture = Picture::stored(storage, at, card, wall);
        let mut remembered = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if remembered.began != hour(at) || remembered.pictures.len() >= REMEMBERED {
            *remembered = Hour { began: hour(at), pictures: HashMap::new() };
        }
        remembered.pictures.insert(key, picture.clone());
        picture
    }
}

impl Picture {
    fn staged(card: &Card, wall: Wall) -> Self {
        Self::new(card, wall, &format!("/images/{}/staged", card.id), "", "")
    }

    /// With links to its small versions, or to the original while there are none.
    fn stored(storage: &Storage, at: DateTime<Utc>, card: &Card, wall: Wall) -> Self {
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
        Self::new(card, wall, &storage.link(at, &src), &srcset(Format::Webp), &srcset(Format::Jpeg))
    }

    fn new(card: &Card, wall: Wall, src: &str, webp_srcset: &str, jpeg_srcset: &str) -> Self {
        // Escaped once and for all: to escape the 60 kB of links on a page of 24 pictures anew took longer than
        // everything else about the page.
        let [src, webp_srcset, jpeg_srcset] =
            [src, webp_srcset, jpeg_srcset].map(|links| Value::safe_string(&escaped(links)));
        Self(Value::from_serializable(&Described {
            id: card.id,
            href: match wall {
                Wall::Own => format!("/images/{}", card.id),
                Wall::Gallery => hung_path(&card.caption, card.id),
            },
            alt: alt(&card.caption),
            width: card.width,
            height: card.height,
            src,
            webp_srcset,
            jpeg_srcset,
            staged: card.state == ImageState::Staged,
            favourite: card.favourite,
        }))
    }

    /// Two of them: one from storage, one that is still on its way there.
    pub fn samples() -> Vec<Self> {
        let card = |width, height, state| Card {
            id: ImageId(Uuid::nil()),
            generation_id: shop::ids::GenerationId(Uuid::nil()),
            caption: "A fox <asleep> under \"autumn\" leaves".to_owned(),
            width,
            height,
            format: Format::Png,
            state,
            thumbnail_widths: vec![],
            published_at: None,
            loves: 0,
            favourite: width > height,
        };
        let srcset = |ending: &str| {
            [320, 640, 960]
                .map(|width| format!("https://pictures.example/{width}.{ending}?a=1&b=2 {width}w"))
                .join(", ")
        };
        let src = "https://pictures.example/640.jpg?a=1&b=2";
        vec![
            Self::new(
                &card(1536, 1024, ImageState::Stored),
                Wall::Gallery,
                src,
                &srcset("webp"),
                &srcset("jpg"),
            ),
            Self::staged(&card(1024, 1536, ImageState::Staged), Wall::Own),
        ]
    }
}

/// The address of a picture's page in the gallery: words for people, then the end of its id.
pub fn hung_path(title: &str, id: ImageId) -> String {
    let (words, id) = (slug::slugify(title), short_id(id));
    if words.is_empty() { format!("/gallery/{id}") } else { format!("/gallery/{words}-{id}") }
}

/// What somebody reads who does not see it: what it is called, and that no person made it.
fn alt(caption: &str) -> String {
    format!("AI-generated picture: {}", suggested_title(caption))
}

/// As Tera escapes.
fn escaped(text: &str) -> String {
    let mut escaped = Vec::with_capacity(text.len() + text.len() / 8);
    tera::escape_html(text, &mut escaped).expect("memory takes every write");
    String::from_utf8(escaped).expect("text stays text")
}
