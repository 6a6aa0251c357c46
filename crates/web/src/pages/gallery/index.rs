//! GET /gallery

use std::borrow::Cow;

use chrono::DateTime;
use poem::{Response, handler};
use serde::Serialize;
use shop::images::{self, Card, GalleryKey};

use crate::{admission::Guest, error::Problem, pictures::Picture, views::Page};

/// How many pictures a page has.
const SHOWN: usize = 24;

/// templates/gallery/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    pictures: Vec<Picture>,
    next: Option<String>,
    #[serde(skip)]
    first: bool,
}

impl Page for Index {
    const TEMPLATE: &'static str = "gallery/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Gallery".into()
    }

    fn description(&self) -> Cow<'_, str> {
        "Pictures that people chose to show. Each one began with a sentence.".into()
    }

    fn canonical(&self) -> Option<String> {
        self.first.then(|| "/gallery".to_owned())
    }

    fn samples() -> Vec<Self> {
        vec![
            Self { pictures: vec![], next: None, first: true },
            Self { pictures: Picture::samples(), next: Some("/gallery?after=1.2".to_owned()), first: false },
        ]
    }
}

/// Published pictures, newest first.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let after = visit.query("after").map(|place| parse_place(&place).ok_or(Problem::NotFound)).transpose()?;
    // One more than is shown tells whether there is another page.
    let mut cards =
        images::gallery(&visit.site.db, after, i64::try_from(SHOWN + 1).unwrap_or(i64::MAX)).await?;
    let more = cards.len() > SHOWN;
    cards.truncate(SHOWN);
    let next = cards.last().filter(|_| more).and_then(place).map(|place| format!("/gallery?after={place}"));
    let pictures = cards.iter().map(|card| visit.picture(card)).collect();
    visit.page(&Index { pictures, next, first: after.is_none() })
}

/// A place in the gallery as an address says it: microseconds, as Postgres counts, and the id that tells equals apart.
fn place(card: &Card) -> Option<String> {
    card.published_at.map(|at| format!("{}.{}", at.timestamp_micros(), card.id))
}

fn parse_place(text: &str) -> Option<GalleryKey> {
    let (micros, id) = text.split_once('.')?;
    Some(GalleryKey {
        published_at: DateTime::from_timestamp_micros(micros.parse().ok()?)?,
        id: id.parse().ok()?,
    })
}
