//! GET /admin/accounts

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{accounts::Role, office::accounts};

use super::{Account, PATH};
use crate::{
    admission::Staff,
    error::Problem,
    pages::admin::{Office, address, asked, limit, paged},
    views::Page,
};

/// Longest text that is looked for, in characters: no address is longer.
const WORDS_MAX: usize = 254;

/// templates/admin/accounts/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    words: String,
    accounts: Vec<Account>,
    next: Option<String>,
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/accounts/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Accounts".into()
    }

    fn samples() -> Vec<Self> {
        let office = Office::new(Role::Support);
        let empty = Self { office, words: "\"<mira>".to_owned(), accounts: vec![], next: None };
        let full = Self {
            words: String::new(),
            accounts: Account::samples(),
            next: Some("/admin/accounts?before=0".to_owned()),
            ..empty.clone()
        };
        vec![empty, full]
    }
}

/// Accounts, newest first: all, or those whose address or name has these words in it.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let words: String = visit.query("q").unwrap_or_default().trim().chars().take(WORDS_MAX).collect();
    // No text of Postgres holds a NUL, so nothing is found by one.
    let words = words.replace('\0', "");
    let before = asked(&visit, "before")?;
    let (rows, more) = paged(accounts::search(&visit.site.db, &words, before, limit()).await?);
    let next = rows
        .last()
        .filter(|_| more)
        .map(|last| address(PATH, &[("q", &words), ("before", &last.id.to_string())]));
    let accounts = rows.into_iter().map(Account::from).collect();
    visit.page(&Index { office: Office::new(visit.role), words, accounts, next })
}
