//! GET /account

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    addresses, credits,
    sessions::{self, SecondFactor},
};

use crate::{admission::Member, error::Problem, views::Page};

/// templates/account/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    name: String,
    email: String,
    is_verified: bool,
    addresses: usize,
    sessions: usize,
    is_leaving: bool,
    has_codes: bool,
    credits: i64,
}

impl Page for Show {
    const TEMPLATE: &'static str = "account/show.html";

    fn title(&self) -> Cow<'_, str> {
        "Your account".into()
    }

    fn samples() -> Vec<Self> {
        let new = Self {
            name: String::new(),
            email: "<mira>@example.org".to_owned(),
            is_verified: false,
            addresses: 0,
            sessions: 1,
            is_leaving: false,
            has_codes: false,
            credits: 0,
        };
        let old = Self {
            name: "<b>fox".to_owned(),
            is_verified: true,
            addresses: 1,
            sessions: 3,
            is_leaving: true,
            has_codes: true,
            credits: 1,
            ..new.clone()
        };
        vec![new, old]
    }
}

/// Everything that can be seen and changed, with the way to each.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let visitor = visit.visitor().await?;
    let db = &visit.site.db;
    visit.page(&Show {
        name: visitor.name.clone(),
        email: visitor.email.clone(),
        is_verified: visitor.is_verified,
        addresses: addresses::list(db, visit.account_id).await?.len(),
        sessions: sessions::list(db, visit.at(), visit.account_id).await?.len(),
        is_leaving: visitor.erase_at.is_some(),
        has_codes: visitor.second_factor == SecondFactor::Given,
        credits: credits::balance(db, visit.account_id).await?.available.max(0),
    })
}
