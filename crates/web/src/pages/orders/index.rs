//! GET /orders

use std::{borrow::Cow, collections::HashMap};

use poem::{Response, handler};
use serde::Serialize;
use shop::{carts::Owner, ids::OrderId, orders};

use super::{PATH, path, standing};
use crate::{admission::Member, error::Problem, pictures::Cropped, views, views::Page};

/// How many orders a page has.
const SHOWN: usize = 20;
/// How many of the pictures of each are shown.
const PICTURES: usize = 4;

/// templates/orders/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    orders: Vec<Row>,
    next: Option<String>,
    /// Whether these are not the newest ones.
    is_later_page: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    href: String,
    number: i64,
    class: &'static str,
    state: &'static str,
    total: String,
    pieces: i64,
    placed_at: String,
    pictures: Vec<Cropped>,
    more: usize,
}

impl Page for Index {
    const TEMPLATE: &'static str = "orders/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Your orders".into()
    }

    fn samples() -> Vec<Self> {
        let row = |pieces: i64, more: usize| Row {
            href: "/orders/0".to_owned(),
            number: 10_001,
            class: "is-ready",
            state: "Paid",
            total: "€31.90".to_owned(),
            pieces,
            placed_at: "2026-11-24T05:30:12Z".to_owned(),
            pictures: vec![Cropped::sample()],
            more,
        };
        vec![
            Self { orders: vec![], next: None, is_later_page: false },
            Self { orders: vec![], next: None, is_later_page: true },
            Self {
                orders: vec![row(1, 0), row(9, 5)],
                next: Some("/orders?before=0".to_owned()),
                is_later_page: true,
            },
        ]
    }
}

/// What an account ordered, newest first.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let before = visit.query("before").filter(|text| !text.is_empty());
    let before: Option<OrderId> =
        before.map(|text| text.parse().map_err(|_| Problem::NotFound)).transpose()?;
    let db = &visit.site.db;
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut found = orders::list(db, &Owner::Account(visit.account_id), before, limit).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| more).map(|last| format!("{PATH}?before={}", last.id));
    let ids: Vec<_> = found.iter().map(|order| order.id).collect();
    let mut pictures: HashMap<OrderId, Vec<Cropped>> = HashMap::new();
    for (id, line) in orders::pictures(db, &ids).await? {
        if let Some(card) = &line.card {
            let cropped = visit.cropped(card, line.crop);
            pictures.entry(id).or_default().push(cropped);
        }
    }
    let orders = found
        .into_iter()
        .map(|order| {
            let (class, state) = standing(order.status, order.payment_status, order.hold);
            let mut pictures = pictures.remove(&order.id).unwrap_or_default();
            let more = pictures.len().saturating_sub(PICTURES);
            pictures.truncate(PICTURES);
            Row {
                href: path(order.id),
                number: order.number,
                class,
                state,
                total: order.total.to_string(),
                pieces: order.pieces,
                placed_at: views::moment(order.placed_at),
                pictures,
                more,
            }
        })
        .collect();
    visit.page(&Index { orders, next, is_later_page: before.is_some() })
}
