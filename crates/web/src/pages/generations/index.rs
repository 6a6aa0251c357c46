//! GET /generations

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    generations::{self, Generation, GenerationState},
    ids::GenerationId,
    images,
};
use uuid::Uuid;

use crate::{admission::Member, error::Problem, pictures::Picture, views::Page};

/// How many requests a page has.
const SHOWN: usize = 20;

/// templates/generations/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    generations: Vec<Row>,
    next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: GenerationId,
    href: String,
    prompt: String,
    state: GenerationState,
    state_text: &'static str,
    created_at: String,
    pictures: Vec<Picture>,
}

impl Page for Index {
    const TEMPLATE: &'static str = "generations/index.html";

    fn title(&self) -> Cow<'_, str> {
        "My pictures".into()
    }

    fn samples() -> Vec<Self> {
        let rows = <GenerationState as strum::VariantArray>::VARIANTS.iter().map(|state| Row {
            id: GenerationId(Uuid::nil()),
            href: "/generations/0".to_owned(),
            prompt: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
            state: *state,
            state_text: state_text(*state),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            pictures: if *state == GenerationState::Ready { Picture::samples() } else { vec![] },
        });
        let full = Self { generations: rows.collect(), next: Some("/generations?before=0".to_owned()) };
        vec![Self { generations: vec![], next: None }, full]
    }
}

/// Everything that the customer asked for, newest first.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let before = visit.query("before").map(|id| id.parse().map_err(|_| Problem::NotFound)).transpose()?;
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    // One more than is shown tells whether there is another page.
    let mut found = generations::history(&visit.site.db, visit.account_id, before, limit).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| more).map(|last| format!("/generations?before={}", last.id));
    let ids: Vec<_> = found.iter().map(|generation| generation.id).collect();
    let mut pictures: HashMap<GenerationId, Vec<Picture>> = HashMap::new();
    for card in images::of_generations(&visit.site.db, &ids).await? {
        pictures.entry(card.generation_id).or_default().push(visit.picture(&card));
    }
    let row = |generation: Generation| Row {
        id: generation.id,
        href: format!("/generations/{}", generation.id),
        pictures: pictures.remove(&generation.id).unwrap_or_default(),
        prompt: generation.prompt,
        state: generation.state,
        state_text: state_text(generation.state),
        created_at: crate::views::moment(generation.created_at),
    };
    let generations = found.into_iter().map(row).collect();
    visit.page(&Index { generations, next })
}

fn state_text(state: GenerationState) -> &'static str {
    match state {
        GenerationState::Queued => "In line",
        GenerationState::Generating => "Being drawn",
        GenerationState::Ready => "Ready",
        GenerationState::Refused => "Not drawn",
        GenerationState::Failed => "Failed",
        GenerationState::Cancelled => "Cancelled",
    }
}
