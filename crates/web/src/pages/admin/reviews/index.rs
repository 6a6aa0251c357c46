//! GET /admin/reviews

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    accounts::{Duty, Role},
    ids::ImageId,
    images::{self, NOTE_MAX, ReportReason, ReviewCounts, ReviewList, Reviewable, Visibility},
};
use uuid::Uuid;

use crate::{
    admission::Staff,
    error::Problem,
    forms::FieldError,
    pages::admin::{Office, accounts},
    pictures::Picture,
    views::{self, Page},
};

/// Where it is.
pub const PATH: &str = "/admin/reviews";
/// Those that were reported.
pub const REPORTED: &str = "/admin/reviews?list=reported";
/// How many pictures are looked at at once: what is decided makes room for the next.
const SHOWN: i64 = 20;

/// templates/admin/reviews/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    lists: Vec<List>,
    list: &'static str,
    empty: &'static str,
    reviews: Vec<Review>,
    note_max: usize,
    /// What is wrong with the verdict on the picture of this id.
    wrong: Option<Wrong>,
}

#[derive(Debug, Clone, Serialize)]
struct List {
    href: &'static str,
    label: String,
    current: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Review {
    id: ImageId,
    picture: Picture,
    title: String,
    prompt: String,
    style_name: &'static str,
    visibility: Visibility,
    owner: String,
    owner_href: Option<String>,
    since: String,
    /// The same in microseconds: the verdict is about the picture as it is shown here.
    seen: i64,
    note: String,
    reports: Vec<Complaint>,
    /// How many are not shown.
    earlier_reports: i64,
}

#[derive(Debug, Clone, Serialize)]
struct Complaint {
    reason: &'static str,
    words: String,
}

/// A verdict that cannot be taken as it is.
#[derive(Debug, Clone, Serialize)]
pub struct Wrong {
    id: ImageId,
    note: String,
    errors: Vec<FieldError>,
}

impl Wrong {
    /// With what was typed.
    pub fn new(id: ImageId, note: &str, errors: Vec<FieldError>) -> Self {
        Self { id, note: note.to_owned(), errors }
    }
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/reviews/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Pictures to look at".into()
    }

    fn samples() -> Vec<Self> {
        let counts = ReviewCounts { submitted: 3, reported: 1 };
        let review = |visibility, picture| Review {
            id: ImageId(Uuid::nil()),
            picture,
            title: "A <b>fox</b>".to_owned(),
            prompt: "</p><script>alert(1)</script>".to_owned(),
            style_name: "Linocut",
            visibility,
            owner: "<mira>@example.org".to_owned(),
            owner_href: Some("/admin/accounts/0".to_owned()).filter(|_| visibility == Visibility::Hidden),
            since: "2026-11-24T05:30:12Z".to_owned(),
            seen: 1_795_498_212_000_000,
            note: "It shows <somebody>.".to_owned(),
            reports: vec![Complaint { reason: ReportReason::Rights.name(), words: "My <b>fox".to_owned() }],
            earlier_reports: if visibility == Visibility::Published { 12 } else { 0 },
        };
        let states = [Visibility::Submitted, Visibility::Published, Visibility::Hidden];
        let reviews = states.into_iter().zip(Picture::samples().into_iter().cycle());
        let full = Self {
            reviews: reviews.map(|(state, picture)| review(state, picture)).collect(),
            wrong: Some(Wrong::new(
                ImageId(Uuid::nil()),
                "<script>alert(1)</script>",
                vec![FieldError::new("note", "Please look <again>.")],
            )),
            ..Self::new(Role::Manager, ReviewList::Submitted, counts)
        };
        let lists = [ReviewList::Submitted, ReviewList::Reported, ReviewList::Hidden];
        lists.map(|list| Self::new(Role::Support, list, counts)).into_iter().chain([full]).collect()
    }
}

impl Index {
    fn new(role: Role, list: ReviewList, counts: ReviewCounts) -> Self {
        let entry = |other, href, label| List { href, label, current: other == list };
        let (key, empty) = match list {
            ReviewList::Submitted => {
                ("submitted", "Nobody waits for us: every picture that was handed in is decided.")
            }
            ReviewList::Reported => ("reported", "No picture in the gallery is reported."),
            ReviewList::Hidden => ("hidden", "No picture is taken down."),
        };
        Self {
            office: Office::new(role),
            lists: vec![
                entry(ReviewList::Submitted, PATH, format!("Handed in ({})", counts.submitted)),
                entry(ReviewList::Reported, REPORTED, format!("Reported ({})", counts.reported)),
                entry(ReviewList::Hidden, "/admin/reviews?list=hidden", "Taken down".to_owned()),
            ],
            list: key,
            empty,
            reviews: vec![],
            note_max: NOTE_MAX,
            wrong: None,
        }
    }
}

/// Pictures for staff to look at.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let list = list(visit.query("list").as_deref().unwrap_or_default())?;
    visit.page(&page(&visit, list, None).await?)
}

/// Which list an address or a form names.
pub fn list(key: &str) -> Result<ReviewList, Problem> {
    match key {
        "" | "submitted" => Ok(ReviewList::Submitted),
        "reported" => Ok(ReviewList::Reported),
        "hidden" => Ok(ReviewList::Hidden),
        _ => Err(Problem::NotFound),
    }
}

/// The page of a list.
pub async fn page(visit: &Staff, list: ReviewList, wrong: Option<Wrong>) -> Result<Index, Problem> {
    let db = &visit.site.db;
    let counts = images::review_counts(db).await?;
    let may_see_accounts = visit.role.may(Duty::SeeAccounts);
    let reason = |key: &str| key.parse().map_or("Something else", ReportReason::name);
    let review = |found: Reviewable| Review {
        id: found.card.id,
        picture: visit.picture(&found.card),
        title: found.card.caption,
        prompt: found.prompt,
        style_name: found.style.name(),
        visibility: found.visibility,
        owner: found.email,
        owner_href: may_see_accounts.then(|| accounts::show::path(found.account_id)),
        since: views::moment(found.since),
        seen: found.since.timestamp_micros(),
        earlier_reports: found.earlier_reports,
        note: found.note,
        reports: found
            .reports
            .into_iter()
            .map(|(key, words)| Complaint { reason: reason(&key), words })
            .collect(),
    };
    let reviews = images::review_list(db, list, SHOWN).await?.into_iter().map(review).collect();
    Ok(Index { reviews, wrong, ..Index::new(visit.role, list, counts) })
}
