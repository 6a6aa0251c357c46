//! GET /admin/orders

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    accounts::Role,
    ids::OrderId,
    office::orders::{self, Counts, Listed, Wanted},
    orders::OrderStatus,
};
use strum::VariantArray;

use super::{PATH, hold_text, payment_text, status_class, status_text};
use crate::{
    admission::Staff,
    error::Problem,
    pages::admin::{Office, address, asked, limit, paged},
    views,
    views::Page,
};

/// Longest text that is looked for, in characters: no address is longer.
const WORDS_MAX: usize = 254;

/// templates/admin/orders/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    words: String,
    status: &'static str,
    held: bool,
    filters: Vec<Filter>,
    orders: Vec<Row>,
    next: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Filter {
    href: String,
    label: &'static str,
    count: Option<i64>,
    current: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    href: String,
    number: i64,
    email: String,
    class: &'static str,
    status: &'static str,
    payment: &'static str,
    hold: Option<&'static str>,
    total: String,
    placed_at: String,
}

impl From<Listed> for Row {
    fn from(order: Listed) -> Self {
        Self {
            href: super::show::path(order.id),
            number: order.number,
            email: order.email,
            class: status_class(order.status),
            status: status_text(order.status),
            payment: payment_text(order.payment_status),
            hold: order.hold.map(hold_text),
            total: order.total.to_string(),
            placed_at: views::moment(order.placed_at),
        }
    }
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/orders/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Orders".into()
    }

    fn samples() -> Vec<Self> {
        let row = |hold| Row {
            href: "/admin/orders/0".to_owned(),
            number: 10_001,
            email: "<mira>@example.org".to_owned(),
            class: "is-ready",
            status: "Confirmed",
            payment: "Paid",
            hold,
            total: "€31.90".to_owned(),
            placed_at: "2026-11-24T05:30:12Z".to_owned(),
        };
        let empty = Self {
            office: Office::new(Role::Support),
            words: "\"<mira>".to_owned(),
            status: "",
            held: true,
            filters: filters(Counts::default(), None, true, "<mira>"),
            orders: vec![],
            next: None,
        };
        let full = Self {
            orders: vec![row(None), row(Some("It was paid more than once."))],
            next: Some("/admin/orders?before=0".to_owned()),
            ..empty.clone()
        };
        vec![empty, full]
    }
}

/// Orders, newest first: all, those that stand so, or those with this address or number.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let words: String = visit.query("q").unwrap_or_default().trim().chars().take(WORDS_MAX).collect();
    // No text of Postgres holds a NUL, so nothing is found by one.
    let words = words.replace('\0', "");
    let status: Option<OrderStatus> = asked(&visit, "status")?;
    let held = visit.query("held").is_some_and(|held| held == "yes");
    let before: Option<OrderId> = asked(&visit, "before")?;
    let db = &visit.site.db;
    let wanted = Wanted { status, held, words: &words, before };
    let (rows, more) = paged(orders::search(db, wanted, limit()).await?);
    let next = rows.last().filter(|_| more).map(|last| {
        address(
            PATH,
            &[
                ("q", &words),
                ("status", key(status)),
                ("held", if held { "yes" } else { "" }),
                ("before", &last.id.to_string()),
            ],
        )
    });
    visit.page(&Index {
        office: Office::new(visit.role),
        filters: filters(orders::counts(db).await?, status, held, &words),
        words,
        status: key(status),
        held,
        orders: rows.into_iter().map(Row::from).collect(),
        next,
    })
}

fn key(status: Option<OrderStatus>) -> &'static str {
    status.map(<&str>::from).unwrap_or_default()
}

fn filters(counts: Counts, current: Option<OrderStatus>, held: bool, words: &str) -> Vec<Filter> {
    let all = Filter {
        href: address(PATH, &[("q", words)]),
        label: "All",
        count: None,
        current: current.is_none() && !held,
    };
    let held = Filter {
        href: address(PATH, &[("q", words), ("held", "yes")]),
        label: "Held",
        count: Some(counts.held),
        current: held,
    };
    let one = |status: &OrderStatus| Filter {
        href: address(PATH, &[("q", words), ("status", (*status).into())]),
        label: status_text(*status),
        count: Some(match status {
            OrderStatus::PendingPayment => counts.pending_payment,
            OrderStatus::Confirmed => counts.confirmed,
            OrderStatus::Cancelled => counts.cancelled,
            OrderStatus::Expired => counts.expired,
        }),
        current: current == Some(*status),
    };
    [all, held].into_iter().chain(OrderStatus::VARIANTS.iter().map(one)).collect()
}
