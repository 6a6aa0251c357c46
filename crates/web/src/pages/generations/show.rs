//! GET /generations/{id} and GET /generations/{id}/progress

use std::borrow::Cow;

use chrono::TimeDelta;
use poem::{
    Request, Response, handler,
    http::{StatusCode, header},
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use shop::{
    generations::{self, Generation, GenerationState},
    ids::GenerationId,
    images,
    strikes::{self, Warning},
};
use strum::VariantArray;
use uuid::Uuid;

use super::waiting::{eta_seconds, poll_seconds, seconds_left};
use crate::{
    admission::{Guest, Id, Member},
    error::Problem,
    pictures::Picture,
    views::{self, Page},
    visit::Visit,
};

/// templates/generations/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    generation: Shown,
    poll_s: Option<u64>,
}

/// templates/generations/_progress.html
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
pub struct Progress(Show);

#[derive(Debug, Clone, Serialize)]
struct Shown {
    id: GenerationId,
    prompt: String,
    /// The sentence, or its first words.
    title: String,
    style_name: &'static str,
    size_name: &'static str,
    quality_name: &'static str,
    ratio_w: u32,
    ratio_h: u32,
    count: i16,
    /// What it costs when all of it comes.
    credits: i32,
    state: GenerationState,
    position: Option<i64>,
    eta_s: Option<u64>,
    problem: Option<String>,
    /// What somebody is to know of whom too much was turned down.
    warning: Option<Warning>,
    created_at: String,
    /// When it is given up, and its credits go back.
    deadline_at: Option<String>,
    pictures: Vec<Picture>,
    /// Which preview there is of the picture that is being drawn.
    preview: Option<i16>,
    can_cancel: bool,
}

impl Page for Show {
    const TEMPLATE: &'static str = "generations/show.html";

    fn title(&self) -> Cow<'_, str> {
        match self.generation.state {
            GenerationState::Ready => "Your picture is ready".into(),
            GenerationState::Queued
            | GenerationState::Generating
            | GenerationState::Refused
            | GenerationState::Failed
            | GenerationState::Cancelled => "Your picture".into(),
        }
    }

    fn samples() -> Vec<Self> {
        let warned = Warning::VARIANTS.iter().map(|warning| {
            let mut refused = sample(GenerationState::Refused);
            refused.generation.warning = Some(*warning);
            refused
        });
        GenerationState::VARIANTS.iter().map(|state| sample(*state)).chain(warned).collect()
    }
}

impl Page for Progress {
    const TEMPLATE: &'static str = "generations/_progress.html";

    fn title(&self) -> Cow<'_, str> {
        self.0.title()
    }

    fn samples() -> Vec<Self> {
        Show::samples().into_iter().map(Self).collect()
    }
}

/// The page where one watches the pictures come.
#[handler]
pub async fn show(visit: Member, Id(id): Id<GenerationId>) -> Result<Response, Problem> {
    let generation =
        generations::find(&visit.site.db, visit.account_id, id).await?.ok_or(Problem::NotFound)?;
    visit.page(&watched(&visit, generation).await?)
}

/// The part of it that changes. It is asked for again and again, and costs next to nothing while nothing changed.
#[handler]
pub async fn progress(
    request: &Request,
    visit: Guest,
    Id(id): Id<GenerationId>,
) -> Result<Response, Problem> {
    // A script asks, which could do nothing with the page for signing in.
    let account_id = visit.account_id().ok_or(Problem::SignedOut)?;
    let generation = generations::find(&visit.site.db, account_id, id).await?.ok_or(Problem::NotFound)?;
    let html = visit.markup(&Progress(watched(&visit, generation).await?))?;
    let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&html)[..16]));
    let known =
        request.headers().get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let response = Response::builder()
        .header(header::CACHE_CONTROL, "private, no-cache")
        .header(header::ETAG, etag.as_str());
    Ok(if known {
        response.status(StatusCode::NOT_MODIFIED).finish()
    } else {
        response.content_type("text/html; charset=utf-8").body(html)
    })
}

/// Longest sentence that stands as a heading, in characters; of a longer one its first words do, and the rest is folded.
pub const HEADING_MAX: usize = 160;

/// What a customer reads while the provider lets nothing through.
const PAUSED: &str =
    "Drawing is paused for a while. Nothing is lost, nothing was charged, and it goes on by itself.";

async fn watched(visit: &Visit, mut generation: Generation) -> Result<Show, Problem> {
    let db = &visit.site.db;
    let age = visit.at() - generation.created_at;
    let (position, eta_s) = match generation.state {
        GenerationState::Queued => {
            let line = visit.site.waiting_line.look(db, visit.at()).await?;
            if line.is_paused {
                generation.problem = Some(PAUSED.to_owned());
                (None, None)
            } else {
                let ahead = line.pictures_ahead(generation.id);
                (Some(line.position(generation.id)), Some(eta_seconds(line.pace, ahead)))
            }
        }
        GenerationState::Generating => {
            let line = visit.site.waiting_line.look(db, visit.at()).await?;
            let drawn_for =
                generations::drawing_since(db, generation.id).await?.map(|since| visit.at() - since);
            (None, seconds_left(line.pace, drawn_for.unwrap_or_default()))
        }
        GenerationState::Ready
        | GenerationState::Refused
        | GenerationState::Failed
        | GenerationState::Cancelled => (None, None),
    };
    if generation.state.is_final()
        && let Some(visitor) = visit.known_visitor().filter(|visitor| visitor.unseen > 0)
    {
        generations::see(db, &visit.cause, visitor.account_id, generation.id).await?;
    }
    let warning = match (generation.state, visit.account_id()) {
        (GenerationState::Refused, Some(owner)) => strikes::warning(db, visit.at(), owner).await?,
        _ => None,
    };
    let pictures = match generation.state {
        GenerationState::Ready => images::of_generations(db, &[generation.id]).await?,
        GenerationState::Queued
        | GenerationState::Generating
        | GenerationState::Refused
        | GenerationState::Failed
        | GenerationState::Cancelled => vec![],
    };
    let pictures = pictures.iter().map(|card| visit.picture(card)).collect();
    let preview = match generation.state {
        GenerationState::Generating => generations::preview_number(db, generation.id).await?,
        GenerationState::Queued
        | GenerationState::Ready
        | GenerationState::Refused
        | GenerationState::Failed
        | GenerationState::Cancelled => None,
    };
    let mut page = Show::new(generation, age, position, eta_s, pictures).with_preview(preview);
    page.generation.warning = warning;
    Ok(page)
}

impl Show {
    fn with_preview(mut self, preview: Option<i16>) -> Self {
        self.generation.preview = preview;
        self
    }

    fn new(
        generation: Generation,
        age: TimeDelta,
        position: Option<i64>,
        eta_s: Option<u64>,
        pictures: Vec<Picture>,
    ) -> Self {
        let (ratio_w, ratio_h) = generation.size.ratio();
        Self {
            poll_s: poll_seconds(generation.state, age, position),
            generation: Shown {
                id: generation.id,
                title: images::first_words(&generation.prompt, HEADING_MAX),
                credits: generation.quality.credits().saturating_mul(generation.count.into()),
                prompt: generation.prompt,
                style_name: generation.style.name(),
                size_name: generation.size.name(),
                quality_name: generation.quality.name(),
                ratio_w,
                ratio_h,
                count: generation.count,
                state: generation.state,
                position,
                eta_s,
                problem: generation.problem,
                warning: None,
                created_at: views::moment(generation.created_at),
                deadline_at: generation.deadline_at.map(views::moment),
                pictures,
                preview: None,
                can_cancel: generation.state == GenerationState::Queued,
            },
        }
    }
}

fn sample(state: GenerationState) -> Show {
    let generation = Generation {
        id: GenerationId(Uuid::nil()),
        prompt: "A <b>fox</b> & \"friends\" 🦊".to_owned(),
        style: generations::Style::Linocut,
        size: generations::Size::APortrait,
        quality: generations::Quality::High,
        count: 2,
        state,
        problem: matches!(state, GenerationState::Refused | GenerationState::Failed)
            .then(|| "We <cannot>.".to_owned()),
        created_at: chrono::DateTime::UNIX_EPOCH,
        deadline_at: Some(chrono::DateTime::UNIX_EPOCH + TimeDelta::hours(24)),
    };
    let position = (state == GenerationState::Queued).then_some(3);
    let eta_s = (!state.is_final()).then_some(15);
    let pictures = if state == GenerationState::Ready { Picture::samples() } else { vec![] };
    let preview = (state == GenerationState::Generating).then_some(2);
    Show::new(generation, TimeDelta::zero(), position, eta_s, pictures).with_preview(preview)
}
