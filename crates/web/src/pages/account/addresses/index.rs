//! GET /account/addresses

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    addresses::{self, ADDRESSES_MAX, Address},
    ids::AddressId,
};
use uuid::Uuid;

use crate::{admission::Member, error::Problem, views::Page};

/// templates/account/addresses/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    addresses: Vec<Row>,
    most: i64,
    is_full: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: AddressId,
    lines: Vec<String>,
    phone: String,
    is_default: bool,
}

impl Index {
    fn new(addresses: Vec<Row>) -> Self {
        let is_full = i64::try_from(addresses.len()).is_ok_and(|count| count >= ADDRESSES_MAX);
        Self { addresses, most: ADDRESSES_MAX, is_full }
    }
}

impl Page for Index {
    const TEMPLATE: &'static str = "account/addresses/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Your addresses".into()
    }

    fn samples() -> Vec<Self> {
        let row = |n: u128| Row {
            id: AddressId(Uuid::from_u128(n)),
            lines: vec!["Mira <b>fox".to_owned(), "Gartenstraße 3".to_owned(), "Germany".to_owned()],
            phone: "+49 30 1234567".to_owned(),
            is_default: n == 0,
        };
        vec![Self::new(vec![]), Self::new(vec![row(0), row(1)]), Self::new((0..20).map(row).collect())]
    }
}

/// The address book.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let row = |address: Address| Row {
        id: address.id,
        lines: address.lines(),
        is_default: address.is_default,
        phone: address.texts.phone,
    };
    let listed = addresses::list(&visit.site.db, visit.account_id).await?;
    visit.page(&Index::new(listed.into_iter().map(row).collect()))
}
