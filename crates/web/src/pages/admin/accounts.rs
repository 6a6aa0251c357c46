//! Accounts as the office sees them.

pub mod clearance;
pub mod closure;
pub mod credits;
pub mod erasure;
pub mod index;
pub mod reopening;
pub mod role;
pub mod show;

use serde::Serialize;
use shop::office::accounts::Listed;

use super::role_text;
use crate::views;

/// Where they are.
pub const PATH: &str = "/admin/accounts";

/// An account, among others and on its own page.
#[derive(Debug, Clone, Serialize)]
struct Account {
    href: String,
    email: String,
    name: String,
    role: &'static str,
    created_at: String,
    verified_at: Option<String>,
    closed_at: Option<String>,
    erase_at: Option<String>,
    erased: bool,
    second_factor: bool,
    review_since: Option<String>,
    badges: Vec<Badge>,
}

#[derive(Debug, Clone, Serialize)]
struct Badge {
    class: &'static str,
    text: &'static str,
}

impl From<Listed> for Account {
    fn from(account: Listed) -> Self {
        Self {
            badges: badges(&account),
            href: show::path(account.id),
            email: account.email,
            name: account.name,
            role: role_text(account.role),
            created_at: views::moment(account.created_at),
            verified_at: account.email_verified_at.map(views::moment),
            closed_at: account.disabled_at.map(views::moment),
            erase_at: account.erase_at.filter(|_| account.erased_at.is_none()).map(views::moment),
            erased: account.erased_at.is_some(),
            second_factor: account.has_second_factor,
            review_since: account.review_since.filter(|_| account.erased_at.is_none()).map(views::moment),
        }
    }
}

/// What is out of the ordinary.
fn badges(account: &Listed) -> Vec<Badge> {
    if account.erased_at.is_some() {
        return vec![Badge { class: "is-cancelled", text: "Erased" }];
    }
    let mut badges = Vec::new();
    if account.disabled_at.is_some() {
        badges.push(Badge { class: "is-failed", text: "Closed" });
    }
    if account.erase_at.is_some() {
        badges.push(Badge { class: "is-generating", text: "To be erased" });
    }
    if account.review_since.is_some() {
        badges.push(Badge { class: "is-failed", text: "In review" });
    }
    if account.email_verified_at.is_none() {
        badges.push(Badge { class: "is-cancelled", text: "Not verified" });
    }
    if badges.is_empty() {
        badges.push(Badge { class: "is-ready", text: "Open" });
    }
    badges
}

impl Account {
    fn samples() -> Vec<Self> {
        let time = || Some("2026-11-24T05:30:12Z".to_owned());
        let open = Self {
            href: "/admin/accounts/0".to_owned(),
            email: "<mira>@example.org".to_owned(),
            name: String::new(),
            role: "Customer",
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            verified_at: time(),
            closed_at: None,
            erase_at: None,
            erased: false,
            second_factor: true,
            review_since: None,
            badges: vec![Badge { class: "is-ready", text: "Open" }],
        };
        let closed = Self {
            name: "<mira>".to_owned(),
            closed_at: time(),
            erase_at: time(),
            verified_at: None,
            review_since: time(),
            badges: vec![
                Badge { class: "is-failed", text: "Closed" },
                Badge { class: "is-cancelled", text: "Not verified" },
            ],
            ..open.clone()
        };
        vec![open.clone(), closed, Self { erased: true, ..open }]
    }
}
