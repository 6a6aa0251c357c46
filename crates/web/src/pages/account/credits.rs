//! GET /account/credits

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    credits::{self, Balance, Line, Reason},
    generations::Quality,
    ids::CreditEntryId,
};
use strum::VariantArray;

use crate::{
    admission::Member,
    error::Problem,
    views::{self, Page},
};

/// How many entries a page has.
const SHOWN: usize = 30;

/// templates/account/credits.html
#[derive(Debug, Clone, Serialize)]
pub struct Credits {
    balance: Balance,
    prices: Vec<Price>,
    lines: Vec<Row>,
    next: Option<String>,
}

/// What a picture takes.
#[derive(Debug, Clone, Serialize)]
struct Price {
    name: &'static str,
    credits: i32,
}

impl Price {
    fn all() -> Vec<Self> {
        let price = |quality: &Quality| Self { name: quality.name(), credits: quality.credits() };
        Quality::VARIANTS.iter().map(price).collect()
    }
}

/// An entry, in words.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// With its sign.
    amount: String,
    is_gain: bool,
    what: &'static str,
    prompt: Option<String>,
    href: Option<String>,
    note: String,
    created_at: String,
}

impl Row {
    /// As its owner reads it: with the sentence, without what staff wrote for each other.
    fn for_owner(line: Line) -> Self {
        Self {
            href: line.generation_id.map(|id| format!("/generations/{id}")),
            prompt: line.prompt.clone(),
            note: String::new(),
            ..Self::for_staff(line)
        }
    }

    /// As staff read it: with their note, without the sentence.
    pub fn for_staff(line: Line) -> Self {
        let is_gain = line.amount > 0;
        // A minus sign, not a hyphen: screen readers say it.
        let sign = if is_gain { '+' } else { '\u{2212}' };
        Self {
            amount: format!("{sign}{}", line.amount.unsigned_abs()),
            is_gain,
            what: match line.reason {
                Reason::Welcome => "A welcome from the shop",
                Reason::Staff if is_gain => "Given by the shop",
                Reason::Staff => "Taken back by the shop",
                Reason::Order => "Came with an order",
                Reason::Drawn => "Pictures were drawn",
            },
            prompt: None,
            href: None,
            note: line.note,
            created_at: views::moment(line.created_at),
        }
    }

    /// One for every reason, as staff read them.
    pub fn samples() -> Vec<Self> {
        lines().into_iter().map(Self::for_staff).collect()
    }
}

fn lines() -> Vec<Line> {
    let nil = uuid::Uuid::nil();
    let line = |reason: &Reason| {
        let drawn = *reason == Reason::Drawn;
        Line {
            id: CreditEntryId(nil),
            amount: if drawn { -2 } else { 20 },
            reason: *reason,
            generation_id: drawn.then_some(shop::ids::GenerationId(nil)),
            prompt: drawn.then(|| "A <b>fox".to_owned()),
            note: "sorry <again>".to_owned(),
            created_at: "2026-11-24T05:30:12Z".parse().unwrap_or_default(),
        }
    };
    Reason::VARIANTS.iter().map(line).collect()
}

impl Page for Credits {
    const TEMPLATE: &'static str = "account/credits.html";

    fn title(&self) -> Cow<'_, str> {
        "Your credits".into()
    }

    fn samples() -> Vec<Self> {
        let empty = Self {
            balance: Balance { available: 0, held: 0 },
            prices: Price::all(),
            lines: vec![],
            next: None,
        };
        let full = Self {
            balance: Balance { available: 1, held: 2 },
            lines: lines().into_iter().map(Row::for_owner).collect(),
            next: Some("/account/credits?before=0".to_owned()),
            ..empty.clone()
        };
        let owing = Self { balance: Balance { available: -3, held: 0 }, ..empty.clone() };
        vec![empty, full, owing]
    }
}

/// What the customer has, and where it came from and went.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let before = visit.query("before").map(|id| id.parse().map_err(|_| Problem::NotFound)).transpose()?;
    // One more than is shown tells whether there is another page.
    let limit = i64::try_from(SHOWN + 1).unwrap_or(i64::MAX);
    let mut found = credits::history(db, visit.account_id, before, limit).await?;
    let more = found.len() > SHOWN;
    found.truncate(SHOWN);
    let next = found.last().filter(|_| more).map(|last| format!("/account/credits?before={}", last.id));
    visit.page(&Credits {
        balance: credits::balance(db, visit.account_id).await?,
        prices: Price::all(),
        lines: found.into_iter().map(Row::for_owner).collect(),
        next,
    })
}
