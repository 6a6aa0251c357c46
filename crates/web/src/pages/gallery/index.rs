//! GET /gallery

use std::borrow::Cow;

use chrono::DateTime;
use poem::{Response, handler};
use serde::Serialize;
use shop::images::{self, Card, GalleryKey, Order};
use url::form_urlencoded;

use crate::{admission::Guest, error::Problem, limits, pictures::Picture, views::Page};

/// How many pictures a page has.
const SHOWN: usize = 24;
/// Longest text to search by, in characters.
pub const WORDS_MAX: usize = 200;

/// templates/gallery/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    pictures: Vec<Picture>,
    next: Option<String>,
    words: String,
    loved: bool,
    /// The same pictures in each order.
    newest_href: String,
    loved_href: String,
    #[serde(skip)]
    first: bool,
}

impl Page for Index {
    const TEMPLATE: &'static str = "gallery/index.html";

    fn title(&self) -> Cow<'_, str> {
        if self.words.is_empty() { "Gallery".into() } else { format!("{} in the gallery", self.words).into() }
    }

    fn description(&self) -> Cow<'_, str> {
        "AI-generated pictures that people chose to show. Each one began with a sentence.".into()
    }

    fn canonical(&self) -> Option<String> {
        (self.first && self.words.is_empty() && !self.loved).then(|| "/gallery".to_owned())
    }

    fn samples() -> Vec<Self> {
        let page = |pictures, words: &str, order| {
            let next = (order == Order::MostLoved).then(|| "/gallery?after=1.2".to_owned());
            Self::new(pictures, next, words, order, true)
        };
        vec![
            page(vec![], "", Order::Newest),
            page(vec![], "<script>alert(1)", Order::MostLoved),
            page(Picture::samples(), "", Order::MostLoved),
            page(Picture::samples(), "\"fox\"", Order::Newest),
        ]
    }
}

impl Index {
    fn new(pictures: Vec<Picture>, next: Option<String>, words: &str, order: Order, first: bool) -> Self {
        Self {
            pictures,
            next,
            words: words.to_owned(),
            loved: order == Order::MostLoved,
            newest_href: address(words, Order::Newest, ""),
            loved_href: address(words, Order::MostLoved, ""),
            first,
        }
    }
}

/// Published pictures.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let after = visit.query("after").map(|place| parse_place(&place).ok_or(Problem::NotFound)).transpose()?;
    let order = match visit.query("order").as_deref() {
        None | Some("" | "newest") => Order::Newest,
        Some("loved") => Order::MostLoved,
        Some(_) => return Err(Problem::NotFound),
    };
    let words = visit.query("q").map(|words| searchable(&words)).unwrap_or_default();
    if !words.is_empty() {
        limits::take(&visit, &limits::SEARCH, "").await??;
    }
    // One more than is shown tells whether there is another page.
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut cards = images::gallery(&visit.site.db, order, &words, after, limit).await?;
    let more = cards.len() > SHOWN;
    cards.truncate(SHOWN);
    let next = cards.last().filter(|_| more).and_then(place).map(|place| address(&words, order, &place));
    let pictures = cards.iter().map(|card| visit.hung(card)).collect();
    visit.page(&Index::new(pictures, next, &words, order, after.is_none()))
}

/// What somebody typed to search by, without what no text has, and not too long.
pub fn searchable(words: &str) -> String {
    let spaced = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(WORDS_MAX);
    spaced.collect::<String>().trim().to_owned()
}

/// The gallery with these words, in this order, from this place on.
fn address(words: &str, order: Order, after: &str) -> String {
    let order = match order {
        Order::Newest => "",
        Order::MostLoved => "loved",
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("q", words), ("order", order), ("after", after)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { "/gallery".to_owned() } else { format!("/gallery?{query}") }
}

/// A place in the gallery as an address says it: hearts, microseconds, as Postgres counts, and the id that tells equals apart.
fn place(card: &Card) -> Option<String> {
    card.published_at.map(|at| format!("{}.{}.{}", card.loves, at.timestamp_micros(), card.id))
}

fn parse_place(text: &str) -> Option<GalleryKey> {
    let (loves, rest) = text.split_once('.')?;
    let (micros, id) = rest.split_once('.')?;
    Some(GalleryKey {
        loves: loves.parse().ok()?,
        // What Postgres can hold, and more than any picture needs.
        published_at: DateTime::from_timestamp_micros(micros.parse().ok()?)
            .filter(|at| (0..=4_102_444_800).contains(&at.timestamp()))?,
        id: id.parse().ok()?,
    })
}
