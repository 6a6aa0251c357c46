//! GET /admin/mails

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    accounts::Role,
    ids::AccountId,
    mails::{MailKind, MailState},
    office::mails::{self, Logged, Wanted},
};
use strum::VariantArray;

use super::{Office, accounts, address, asked, limit, paged, words};
use crate::{admission::Staff, error::Problem, views, views::Page};

/// Where it is.
pub const PATH: &str = "/admin/mails";
/// Those that were given up.
pub const FAILED: &str = "/admin/mails?state=failed";

/// templates/admin/mails.html
#[derive(Debug, Clone, Serialize)]
pub struct Mails {
    office: Office,
    rows: Vec<Row>,
    states: Vec<State>,
    account: Option<Account>,
    next: Option<String>,
}

/// A mail, without what it says.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    kind: String,
    recipient: String,
    state: &'static str,
    state_text: &'static str,
    created_at: String,
    sent_at: Option<String>,
    problem: Option<String>,
    account_href: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct State {
    href: String,
    label: &'static str,
    current: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Account {
    id: String,
    href: String,
}

impl Row {
    /// From the log.
    pub fn new(mail: Logged) -> Self {
        Self {
            kind: words(mail.kind.into()),
            recipient: mail.recipient,
            state: mail.state.into(),
            state_text: state_text(mail.state),
            created_at: views::moment(mail.created_at),
            sent_at: mail.sent_at.map(views::moment),
            problem: mail.problem,
            account_href: mail.account_id.map(accounts::show::path),
        }
    }

    /// One in every state.
    pub fn samples() -> Vec<Self> {
        let row = |state: &MailState| Self {
            kind: words(MailKind::VerifyEmail.into()),
            recipient: "<mira>@example.org".to_owned(),
            state: (*state).into(),
            state_text: state_text(*state),
            created_at: "2026-11-24T05:30:12Z".to_owned(),
            sent_at: (*state == MailState::Sent).then(|| "2026-11-24T05:30:15Z".to_owned()),
            problem: (*state == MailState::Failed).then(|| "<no> mail server took it".to_owned()),
            account_href: Some("/admin/accounts/0".to_owned()),
        };
        MailState::VARIANTS.iter().map(row).collect()
    }
}

impl Page for Mails {
    const TEMPLATE: &'static str = "admin/mails.html";

    fn title(&self) -> Cow<'_, str> {
        "Mails".into()
    }

    fn samples() -> Vec<Self> {
        let empty = Self {
            office: Office::new(Role::Support),
            rows: vec![],
            states: states(None, ""),
            account: None,
            next: None,
        };
        let full = Self {
            rows: Row::samples(),
            states: states(Some(MailState::Failed), "0"),
            account: Some(Account { id: "0".to_owned(), href: "/admin/accounts/0".to_owned() }),
            next: Some("/admin/mails?before=0".to_owned()),
            ..empty.clone()
        };
        vec![empty, full]
    }
}

/// What became of each mail, newest first.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let state = visit.query("state").filter(|text| !text.is_empty());
    let state = state.map(|text| known_state(&text).ok_or(Problem::NotFound)).transpose()?;
    let account_id: Option<AccountId> = asked(&visit, "account")?;
    let wanted = Wanted { state, account_id, before: asked(&visit, "before")? };
    let (rows, more) = paged(mails::log(&visit.site.db, wanted, limit()).await?);
    let account = account_id.map(|id| id.to_string()).unwrap_or_default();
    let next = rows.last().filter(|_| more).map(|last| {
        let state = state.map(<&str>::from).unwrap_or_default();
        address(PATH, &[("state", state), ("account", &account), ("before", &last.id.to_string())])
    });
    visit.page(&Mails {
        office: Office::new(visit.role),
        rows: rows.into_iter().map(Row::new).collect(),
        states: states(state, &account),
        account: account_id.map(|id| Account { id: id.to_string(), href: accounts::show::path(id) }),
        next,
    })
}

/// Ways to look at those that stand in one state.
fn states(current: Option<MailState>, account: &str) -> Vec<State> {
    let all =
        State { href: address(PATH, &[("account", account)]), label: "All", current: current.is_none() };
    let one = |state: &MailState| State {
        href: address(PATH, &[("state", (*state).into()), ("account", account)]),
        label: state_text(*state),
        current: current == Some(*state),
    };
    std::iter::once(all).chain(MailState::VARIANTS.iter().map(one)).collect()
}

fn known_state(text: &str) -> Option<MailState> {
    MailState::VARIANTS.iter().copied().find(|state| <&str>::from(*state) == text)
}

fn state_text(state: MailState) -> &'static str {
    match state {
        MailState::Queued => "Waiting",
        MailState::Sent => "Sent",
        MailState::Failed => "Given up",
    }
}
