//! GET /

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::images::{self, Order};

use crate::{admission::Guest, error::Problem, pictures::Picture, views::Page};

/// How many pictures hang on the first page.
const SHOWN: i64 = 12;

/// templates/home.html
#[derive(Debug, Clone, Serialize)]
pub struct Home {
    pictures: Vec<Picture>,
}

impl Page for Home {
    const TEMPLATE: &'static str = "home.html";

    fn title(&self) -> Cow<'_, str> {
        "AI Gallery".into()
    }

    fn canonical(&self) -> Option<String> {
        Some("/".to_owned())
    }

    fn samples() -> Vec<Self> {
        vec![Self { pictures: vec![] }, Self { pictures: Picture::samples() }]
    }
}

/// The first page.
#[handler]
pub async fn show(visit: Guest) -> Result<Response, Problem> {
    let cards = images::gallery(&visit.site.db, Order::Newest, "", None, SHOWN).await?;
    visit.page(&Home { pictures: cards.iter().map(|card| visit.hung(card)).collect() })
}
