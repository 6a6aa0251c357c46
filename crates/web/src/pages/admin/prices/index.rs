//! GET /admin/prices

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{accounts::Role, price_lists};

use super::Row;
use crate::{admission::Staff, error::Problem, pages::admin::Office, views::Page};

/// templates/admin/prices/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    currencies: Vec<Group>,
}

/// The lists in one currency.
#[derive(Debug, Clone, Serialize)]
struct Group {
    name: &'static str,
    code: &'static str,
    lists: Vec<Row>,
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/prices/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Prices".into()
    }

    fn samples() -> Vec<Self> {
        vec![Self::new(Role::Manager, vec![]), Self::new(Role::Owner, Row::samples())]
    }
}

impl Index {
    fn new(role: Role, rows: Vec<Row>) -> Self {
        let mut currencies: Vec<Group> = Vec::new();
        for row in rows {
            match currencies.last_mut().filter(|group| group.code == row.currency) {
                Some(group) => group.lists.push(row),
                None => {
                    currencies.push(Group { name: row.currency_name, code: row.currency, lists: vec![row] });
                }
            }
        }
        Self { office: Office::new(role), currencies }
    }
}

/// All price lists, by currency.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let lists = price_lists::list(&visit.site.db).await?;
    let rows = lists.iter().map(|list| Row::new(list, visit.at())).collect();
    visit.page(&Index::new(visit.role, rows))
}
