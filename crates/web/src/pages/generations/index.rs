//! GET /generations

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    generations::{self, Generation, GenerationState, Shown, Wanted},
    ids::{GenerationId, ImageId},
    images::{self, Standing},
};
use strum::VariantArray;
use url::form_urlencoded;
use uuid::Uuid;

use crate::{
    admission::Member, error::Problem, pages::gallery::index::searchable, pictures::Picture, views::Page,
};

/// How many requests a page has.
const SHOWN: usize = 20;

/// templates/generations/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    generations: Vec<Row>,
    next: Option<String>,
    words: String,
    shown: &'static str,
    filters: Vec<Filter>,
    /// This very page, for forms that come back to it.
    here: String,
    /// What to say when nothing is found.
    empty: Empty,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: GenerationId,
    href: String,
    prompt: String,
    state: GenerationState,
    state_text: &'static str,
    created_at: String,
    /// Whether it came since its owner last looked.
    is_new: bool,
    pictures: Vec<Own>,
}

/// A picture, and how it stands to the gallery.
#[derive(Debug, Clone, Serialize)]
struct Own {
    id: ImageId,
    picture: Picture,
    standing: Option<Standing>,
}

#[derive(Debug, Clone, Serialize)]
struct Filter {
    href: String,
    label: &'static str,
    current: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Empty {
    title: &'static str,
    text: &'static str,
    action: &'static str,
    href: String,
}

impl Empty {
    fn new(title: &'static str, text: &'static str, action: &'static str, href: impl Into<String>) -> Self {
        Self { title, text, action, href: href.into() }
    }
}

impl Page for Index {
    const TEMPLATE: &'static str = "generations/index.html";

    fn title(&self) -> Cow<'_, str> {
        "My pictures".into()
    }

    fn samples() -> Vec<Self> {
        let own = || {
            let standings = std::iter::once(None).chain(Standing::VARIANTS.iter().copied().map(Some));
            let own = |(standing, picture)| Own { id: ImageId(Uuid::nil()), picture, standing };
            standings.zip(Picture::samples().into_iter().cycle()).map(own).collect()
        };
        let rows = GenerationState::VARIANTS.iter().map(|state| Row {
            id: GenerationId(Uuid::nil()),
            href: "/generations/0".to_owned(),
            prompt: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
            state: *state,
            state_text: state_text(*state, *state == GenerationState::Ready),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            is_new: *state == GenerationState::Ready,
            pictures: if *state == GenerationState::Ready { own() } else { vec![] },
        });
        let elsewhere = Self { empty: elsewhere("\"fox\""), ..Self::empty("\"fox\"", Shown::Favourites) };
        let full = Self {
            generations: rows.collect(),
            next: Some("/generations?before=0".to_owned()),
            ..Self::empty("", Shown::All)
        };
        let empty = Shown::VARIANTS.iter().map(|shown| Self::empty("", *shown));
        empty.chain([Self::empty("<script>alert(1)", Shown::All), elsewhere, full]).collect()
    }
}

impl Index {
    fn empty(words: &str, shown: Shown) -> Self {
        let filter = |other: &Shown| Filter {
            href: address(words, *other, None),
            label: filter_text(*other),
            current: *other == shown,
        };
        Self {
            generations: vec![],
            next: None,
            words: words.to_owned(),
            shown: key(shown),
            filters: Shown::VARIANTS.iter().map(filter).collect(),
            here: address(words, shown, None),
            empty: if words.is_empty() { nothing_shown(shown) } else { not_found() },
        }
    }
}

/// What the customer asked for, newest first: all of it, or what they look for.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let before = visit.query("before").map(|id| id.parse().map_err(|_| Problem::NotFound)).transpose()?;
    let shown = match visit.query("show").filter(|shown| !shown.is_empty()) {
        Some(shown) => shown.parse().map_err(|_| Problem::NotFound)?,
        None => Shown::All,
    };
    let words = visit.query("q").map(|words| searchable(&words)).unwrap_or_default();
    let db = &visit.site.db;
    // Only the top of everything is a look at what is new.
    let looks = before.is_none() && shown == Shown::All && words.is_empty();
    let new = if looks && visit.known_visitor().is_some_and(|visitor| visitor.unseen > 0) {
        generations::see_all(db, &visit.cause, visit.account_id).await?
    } else {
        vec![]
    };
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    // One more than is shown tells whether there is another page.
    let wanted = Wanted { words: &words, shown, before };
    let mut found = generations::history(db, visit.account_id, wanted, limit).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| more).map(|last| address(&words, shown, Some(last.id)));
    let ids: Vec<_> = found.iter().map(|generation| generation.id).collect();
    let standings = images::standings(db, &ids).await?;
    let mut pictures: HashMap<GenerationId, Vec<Own>> = HashMap::new();
    for card in images::of_generations(db, &ids).await? {
        let standing = standings.get(&card.id).copied();
        let own = Own { id: card.id, picture: visit.picture(&card), standing };
        pictures.entry(card.generation_id).or_default().push(own);
    }
    let row = |generation: Generation| {
        let pictures = pictures.remove(&generation.id).unwrap_or_default();
        Row {
            id: generation.id,
            href: format!("/generations/{}", generation.id),
            state: generation.state,
            state_text: state_text(generation.state, !pictures.is_empty()),
            prompt: generation.prompt,
            created_at: crate::views::moment(generation.created_at),
            is_new: new.contains(&generation.id),
            pictures,
        }
    };
    let generations: Vec<_> = found.into_iter().map(row).collect();
    let here = address(&words, shown, before);
    let mut page = Index { next, here, ..Index::empty(&words, shown) };
    if generations.is_empty() && shown != Shown::All && !words.is_empty() {
        let wanted = Wanted { words: &words, shown: Shown::All, before: None };
        if !generations::history(db, visit.account_id, wanted, 1).await?.is_empty() {
            page.empty = elsewhere(&words);
        }
    }
    visit.page(&Index { generations, ..page })
}

fn address(words: &str, shown: Shown, before: Option<GenerationId>) -> String {
    let before = before.map(|id| id.to_string()).unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("q", words), ("show", key(shown)), ("before", &before)] {
        if !value.is_empty() {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { "/generations".to_owned() } else { format!("/generations?{query}") }
}

/// As the address says it; all is what is shown when it says nothing.
fn key(shown: Shown) -> &'static str {
    if shown == Shown::All { "" } else { shown.into() }
}

fn filter_text(shown: Shown) -> &'static str {
    match shown {
        Shown::All => "All",
        Shown::Waiting => "Under way",
        Shown::Ready => "Ready",
        Shown::Undrawn => "Not drawn",
        Shown::Favourites => "Favourites",
    }
}

fn not_found() -> Empty {
    Empty::new(
        "No sentence of yours has these words",
        "Every word must be in the sentence, at least by its beginning. Perhaps fewer words find it.",
        "Show all my pictures",
        "/generations",
    )
}

/// When only what is left out has the words.
fn elsewhere(words: &str) -> Empty {
    Empty::new(
        "Nothing here has these words",
        "But other sentences of yours have them: you look at a part of your pictures only.",
        "Search in all my pictures",
        address(words, Shown::All, None),
    )
}

fn nothing_shown(shown: Shown) -> Empty {
    let (title, text) = match shown {
        Shown::All => {
            return Empty::new(
                "Nothing hangs here yet",
                "Every picture that you ask for is kept on this page, also while it is being drawn. It begins with one sentence.",
                "Write your first sentence",
                "/generations/new",
            );
        }
        Shown::Waiting => {
            return Empty::new(
                "Nothing is under way",
                "What you asked for has come, or was taken back. The next picture begins with a sentence.",
                "Create a picture",
                "/generations/new",
            );
        }
        Shown::Ready => {
            ("No picture has come yet", "As soon as one does it is here, and a note in the header tells you.")
        }
        Shown::Undrawn => (
            "Everything was drawn",
            "Requests that brought no picture would be here, each with the reason. There is none.",
        ),
        Shown::Favourites => (
            "You have no favourites yet",
            "Press the heart on a picture that you like best, and you find it here again.",
        ),
    };
    Empty::new(title, text, "Show all my pictures", "/generations")
}

fn state_text(state: GenerationState, has_pictures: bool) -> &'static str {
    match state {
        GenerationState::Queued => "In line",
        GenerationState::Generating => "Being drawn",
        GenerationState::Ready if has_pictures => "Ready",
        GenerationState::Ready => "Deleted",
        GenerationState::Refused => "Not drawn",
        GenerationState::Failed => "Failed",
        GenerationState::Cancelled => "Cancelled",
    }
}
