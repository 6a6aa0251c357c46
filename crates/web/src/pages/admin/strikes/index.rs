//! GET /admin/strikes

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    accounts::Role,
    strikes::{self, Reviewed, WINDOW},
};

use super::Row;
use crate::{
    admission::Staff,
    error::Problem,
    pages::admin::{Office, accounts, limit, paged},
    views::{self, Page},
};

/// templates/admin/strikes/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    reviewed: Vec<Review>,
    strikes: Vec<Row>,
    /// Whether there are others, which come up when some of these are decided.
    more: bool,
    window_hours: i64,
}

/// An account for which nothing is drawn at the moment.
#[derive(Debug, Clone, Serialize)]
struct Review {
    href: String,
    email: String,
    since: String,
    counting: i64,
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/strikes/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Turned down".into()
    }

    fn samples() -> Vec<Self> {
        let review = Review {
            href: "/admin/accounts/0".to_owned(),
            email: "<mira>@example.org".to_owned(),
            since: "2026-11-24T05:30:12Z".to_owned(),
            counting: 6,
        };
        let empty = Self {
            office: Office::new(Role::Support),
            reviewed: vec![],
            strikes: vec![],
            more: false,
            window_hours: WINDOW.num_hours(),
        };
        let full = Self { reviewed: vec![review], strikes: Row::samples(), more: true, ..empty.clone() };
        vec![empty, full]
    }
}

/// Who waits for a decision, and what it is about.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let review = |one: Reviewed| Review {
        href: accounts::show::path(one.account_id),
        email: one.email,
        since: views::moment(one.since),
        counting: one.counting,
    };
    let (reviewed, more_reviewed) = paged(strikes::in_review(db, visit.at(), limit()).await?);
    let (undecided, more) = paged(strikes::undecided(db, visit.at(), limit()).await?);
    visit.page(&Index {
        office: Office::new(visit.role),
        reviewed: reviewed.into_iter().map(review).collect(),
        strikes: undecided.into_iter().map(Row::new).collect(),
        more: more || more_reviewed,
        window_hours: WINDOW.num_hours(),
    })
}
