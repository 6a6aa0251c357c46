//! GET /images/{id}

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    ids::ImageId,
    images::{self, RESTORABLE_FOR, Visibility},
};
use uuid::Uuid;

use crate::{
    admission::{Guest, Id},
    error::Problem,
    pictures::Picture,
    views::{self, Page},
};

/// Longest title in characters, so that a tab and a search result can show it.
const TITLE_MAX: usize = 60;

/// templates/images/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    picture: Picture,
    image: Shown,
}

#[derive(Debug, Clone, Serialize)]
struct Shown {
    id: ImageId,
    prompt: String,
    style_name: &'static str,
    size_text: String,
    created_at: String,
    published: bool,
    mine: bool,
    deleted: bool,
    purge_at: Option<String>,
    problem: Option<String>,
}

impl Page for Show {
    const TEMPLATE: &'static str = "images/show.html";

    fn title(&self) -> Cow<'_, str> {
        let prompt = &self.image.prompt;
        match prompt.char_indices().nth(TITLE_MAX) {
            Some((end, _)) => format!("{}…", prompt[..end].trim_end()).into(),
            None => prompt.into(),
        }
    }

    fn canonical(&self) -> Option<String> {
        self.image.published.then(|| format!("/images/{}", self.image.id))
    }

    fn samples() -> Vec<Self> {
        let shown = |published, mine, deleted| Shown {
            id: ImageId(Uuid::nil()),
            prompt: "A <b>fox</b> & \"friends\" 🦊 ".repeat(4),
            style_name: "Linocut",
            size_text: "1536 × 1024 px".to_owned(),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            published,
            mine,
            deleted,
            purge_at: Some("2026-11-24T06:30:12Z".to_owned()).filter(|_| deleted),
            problem: Some("We <could not> prepare it.".to_owned()).filter(|_| mine),
        };
        let images = [
            shown(true, false, false),
            shown(false, true, false),
            shown(true, true, false),
            shown(false, true, true),
        ];
        let pictures = Picture::samples().into_iter().cycle();
        images.into_iter().zip(pictures).map(|(image, picture)| Self { picture, image }).collect()
    }
}

/// A picture on a page of its own, for whoever may see it.
#[handler]
pub async fn show(visit: Guest, Id(id): Id<ImageId>) -> Result<Response, Problem> {
    let viewer = visit.account_id();
    let image = images::find(&visit.site.db, viewer, id).await?.ok_or(Problem::NotFound)?;
    let mine = viewer == Some(image.account_id);
    let shown = Shown {
        id,
        prompt: image.card.prompt.clone(),
        style_name: image.style.name(),
        size_text: format!("{} × {} px", image.card.width, image.card.height),
        created_at: views::moment(image.created_at),
        published: image.visibility == Visibility::Published,
        mine,
        deleted: image.deleted_at.is_some(),
        purge_at: image.deleted_at.map(|at| views::moment(at + RESTORABLE_FOR)),
        problem: image.problem.filter(|_| mine),
    };
    visit.page(&Show { picture: visit.picture(&image.card), image: shown })
}
