//! GET /admin/coupons/{id}

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::Role,
    coupons::{self, NOTE_MAX, Use, UseState},
    ids::CouponId,
};

use super::Row;
use crate::{
    admission::{Id, Staff},
    error::Problem,
    forms::FieldError,
    pages::admin::{Badge, Office},
    views::{self, Page},
};

/// How many of the latest uses are shown.
const LATEST: i64 = 50;

/// templates/admin/coupons/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    office: Office,
    coupon: Row,
    uses: Vec<Used>,
    note: String,
    note_max: usize,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Used {
    badge: Badge,
    order_number: i64,
    email: String,
    created_at: String,
}

impl Used {
    fn new(one: Use) -> Self {
        Self {
            badge: match one.state {
                UseState::Held => Badge { class: "is-queued", text: "Held" },
                UseState::Used => Badge { class: "is-ready", text: "Used" },
                UseState::Released => Badge { class: "is-cancelled", text: "Released" },
            },
            order_number: one.order_number,
            email: one.email,
            created_at: views::moment(one.created_at),
        }
    }
}

impl Page for Show {
    const TEMPLATE: &'static str = "admin/coupons/show.html";

    fn title(&self) -> Cow<'_, str> {
        format!("Coupon {}", self.coupon.code).into()
    }

    fn samples() -> Vec<Self> {
        let used = Used {
            badge: Badge { class: "is-ready", text: "Used" },
            order_number: 10_001,
            email: "<mira>@example.org".to_owned(),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
        };
        let page = |coupon, uses, errors| Self {
            office: Office::new(Role::Manager),
            coupon,
            uses,
            note: "<b>fox".to_owned(),
            note_max: NOTE_MAX,
            errors,
        };
        let wrong = vec![FieldError::new("note", "Look <again>.")];
        let mut pages = Vec::new();
        for coupon in Row::samples() {
            pages.push(page(coupon.clone(), vec![], vec![]));
            pages.push(page(coupon, vec![used.clone()], wrong.clone()));
        }
        pages
    }
}

/// One coupon, and by which orders it was used.
#[handler]
pub async fn show(visit: Staff, Id(id): Id<CouponId>) -> Result<Response, Problem> {
    page(&visit, id, StatusCode::OK, String::new(), vec![]).await
}

/// The page of a coupon, with what was sent.
pub async fn page(
    visit: &Staff,
    id: CouponId,
    status: StatusCode,
    note: String,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let coupon = coupons::by_id(db, id).await?.ok_or(Problem::NotFound)?;
    let uses = coupons::uses(db, id, LATEST).await?;
    visit.page_with(
        status,
        &Show {
            office: Office::new(visit.role),
            coupon: Row::new(&coupon, visit.at()),
            uses: uses.into_iter().map(Used::new).collect(),
            note,
            note_max: NOTE_MAX,
            errors,
        },
    )
}
