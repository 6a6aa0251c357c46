//! GET /account/sessions

pub mod revocation;

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{ids::SessionId, sessions};
use uuid::Uuid;

use crate::{
    admission::Member,
    browsers,
    error::Problem,
    views::{Page, moment},
};

/// Where it is.
const PATH: &str = "/account/sessions";

/// templates/account/sessions.html
#[derive(Debug, Clone, Serialize)]
pub struct Sessions {
    sessions: Vec<Row>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    id: SessionId,
    browser: String,
    address: String,
    created_at: String,
    last_seen_at: String,
    is_this: bool,
}

impl Page for Sessions {
    const TEMPLATE: &'static str = "account/sessions.html";

    fn title(&self) -> Cow<'_, str> {
        "Where you are signed in".into()
    }

    fn samples() -> Vec<Self> {
        let this = Row {
            id: SessionId(Uuid::nil()),
            browser: "Firefox on Linux".to_owned(),
            address: "192.0.2.7".to_owned(),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            last_seen_at: "2026-11-24T05:30:12Z".to_owned(),
            is_this: true,
        };
        let other =
            Row { browser: "<b>fox".to_owned(), address: String::new(), is_this: false, ..this.clone() };
        vec![Self { sessions: vec![this.clone()] }, Self { sessions: vec![this, other] }]
    }
}

/// Every browser in which the customer is signed in.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let this = visit.visitor().await?.session_id;
    let listed = sessions::list(&visit.site.db, visit.at(), visit.account_id).await?;
    let row = |session: sessions::Listed| Row {
        id: session.id,
        browser: browsers::describe(&session.user_agent),
        address: session.address,
        created_at: moment(session.created_at),
        last_seen_at: moment(session.last_seen_at),
        is_this: session.id == this,
    };
    let mut rows: Vec<_> = listed.into_iter().map(row).collect();
    // This one first, so that nobody ends it by mistake.
    rows.sort_by_key(|row| !row.is_this);
    visit.page(&Sessions { sessions: rows })
}
