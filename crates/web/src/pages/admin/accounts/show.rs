//! GET /admin/accounts/{id}

use std::{borrow::Cow, fmt::Display};

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::{Duty, Role, closures::REASON_MAX},
    credits::{self, Balance, NOTE_MAX},
    ids::AccountId,
    office::{
        accounts::{self, Dossier},
        deeds, mails,
    },
    strikes,
};
use strum::VariantArray;
use uuid::Uuid;

use super::{Account, PATH};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    forms::FieldError,
    pages::{
        account::credits::Row as Line,
        admin::{Office, address, audit, mails as log, role_text, strikes::Row as Strike},
    },
    random,
    views::Page,
};

/// How many of the latest mails and entries are shown.
const LATEST: i64 = 8;

/// templates/admin/accounts/show.html
#[derive(Debug, Clone, Serialize)]
pub struct Show {
    office: Office,
    account: Account,
    sessions: i64,
    generations: i64,
    mails: Option<Mails>,
    audit: Option<Audit>,
    credits: Credits,
    strikes: Option<Vec<Strike>>,
    roles: Vec<Choice>,
    shuts: bool,
    erase_problem: Option<String>,
    form: Form,
}

#[derive(Debug, Clone, Serialize)]
struct Mails {
    rows: Vec<log::Row>,
    href: String,
}

#[derive(Debug, Clone, Serialize)]
struct Audit {
    rows: Vec<audit::Row>,
    href: String,
}

#[derive(Debug, Clone, Serialize)]
struct Credits {
    balance: Balance,
    lines: Vec<Line>,
    /// Whether whoever looks may give some.
    gives: bool,
    note_max: usize,
}

/// A role that can be given.
#[derive(Debug, Clone, Serialize)]
struct Choice {
    value: &'static str,
    text: &'static str,
    hint: &'static str,
    current: bool,
}

#[derive(Debug, Clone, Serialize)]
struct Form {
    typed: Typed,
    /// Names the form for credits, which is sent once.
    client_key: Uuid,
    reason_max: usize,
    errors: Vec<FieldError>,
}

/// What was typed into a form that is wrong.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Typed {
    /// Why the account is closed or opened.
    pub reason: String,
    /// Whether credits are given or taken.
    pub way: String,
    /// How many.
    pub amount: String,
    /// Why.
    pub note: String,
}

impl Page for Show {
    const TEMPLATE: &'static str = "admin/accounts/show.html";

    fn title(&self) -> Cow<'_, str> {
        self.account.email.as_str().into()
    }

    fn samples() -> Vec<Self> {
        let errors = ["role", "reason", "way", "amount", "note", ""]
            .map(|field| FieldError::new(field, "Please look at this <again>."));
        let sample = |(account, full): (Account, bool)| Self {
            office: Office::new(if full { Role::Owner } else { Role::Support }),
            account,
            sessions: 2,
            generations: 1,
            mails: full
                .then(|| Mails { rows: log::Row::samples(), href: "/admin/mails?account=0".to_owned() }),
            audit: full
                .then(|| Audit { rows: audit::Row::samples(), href: "/admin/audit?subject=0".to_owned() }),
            roles: if full { choices(Role::Customer) } else { vec![] },
            shuts: full,
            erase_problem: full.then(|| "It <could> not.".to_owned()),
            credits: Credits {
                balance: Balance { available: if full { -1 } else { 18 }, held: if full { 2 } else { 0 } },
                lines: if full { Line::samples() } else { vec![] },
                gives: full,
                note_max: NOTE_MAX,
            },
            strikes: full.then(Strike::samples).or_else(|| Some(vec![])),
            form: Form {
                typed: if full {
                    Typed {
                        reason: "</textarea><b>fox".to_owned(),
                        way: "take".to_owned(),
                        amount: "\"><b>fox".to_owned(),
                        note: "</textarea><b>fox".to_owned(),
                    }
                } else {
                    Typed::default()
                },
                client_key: Uuid::nil(),
                reason_max: REASON_MAX,
                errors: if full { errors.to_vec() } else { vec![] },
            },
        };
        let accounts = Account::samples();
        accounts
            .into_iter()
            .flat_map(|account| [(account.clone(), true), (account, false)])
            .map(sample)
            .collect()
    }
}

/// Its address in the office.
pub fn path(id: impl Display) -> String {
    format!("{PATH}/{id}")
}

/// One account.
#[handler]
pub async fn show(visit: Staff, Id(id): Id<AccountId>) -> Result<Response, Problem> {
    page(&visit, id, StatusCode::OK, Typed::default(), vec![]).await
}

/// The page, also for a form that is wrong.
pub(super) async fn page(
    visit: &Staff,
    id: AccountId,
    status: StatusCode,
    typed: Typed,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let Dossier { account, sessions, generations, erase_problem } =
        accounts::find(db, id, visit.at()).await?.ok_or(Problem::NotFound)?;
    let text = id.to_string();
    let mails = if visit.role.may(Duty::SeeMails) {
        let wanted = mails::Wanted { account_id: Some(id), ..mails::Wanted::default() };
        let rows = mails::log(db, wanted, LATEST).await?.into_iter().map(log::Row::new).collect();
        Some(Mails { rows, href: address(log::PATH, &[("account", &text)]) })
    } else {
        None
    };
    let audit = if visit.role.may(Duty::SeeAudit) {
        let wanted = deeds::Wanted { subject_id: Some(id), ..deeds::Wanted::default() };
        let rows = deeds::log(db, wanted, LATEST).await?.into_iter().map(audit::Row::new).collect();
        Some(Audit { rows, href: address(audit::PATH, &[("subject", &text)]) })
    } else {
        None
    };
    let strikes = if visit.role.may(Duty::JudgeStrikes) {
        let found = strikes::of_account(db, visit.at(), id, LATEST).await?;
        Some(found.into_iter().map(Strike::new).collect())
    } else {
        None
    };
    let lines = credits::history(db, id, None, LATEST).await?;
    let credits = Credits {
        balance: credits::balance(db, id).await?,
        lines: lines.into_iter().map(Line::for_staff).collect(),
        gives: account.erased_at.is_none() && visit.role.may(Duty::GiveCredits),
        note_max: NOTE_MAX,
    };
    // What would be refused anyway is not offered: nobody changes their own account here, and an erased one is nobody's.
    let changeable = visit.actor.account_id != Some(id) && account.erased_at.is_none();
    let roles = if changeable && visit.role.may(Duty::ChangeRoles) { choices(account.role) } else { vec![] };
    let shuts = changeable && visit.role.may(Duty::ShutAccounts);
    visit.page_with(
        status,
        &Show {
            office: Office::new(visit.role),
            account: account.into(),
            sessions,
            generations,
            mails,
            audit,
            credits,
            strikes,
            roles,
            shuts,
            erase_problem,
            form: Form { typed, client_key: random::id(visit.at()), reason_max: REASON_MAX, errors },
        },
    )
}

fn choices(current: Role) -> Vec<Choice> {
    let choice = |role: &Role| Choice {
        value: (*role).into(),
        text: role_text(*role),
        hint: match role {
            Role::Customer => "Buys, and sees nothing of the office.",
            Role::Support => "Answers customers: looks up accounts and mails.",
            Role::Production => "Prints and packs.",
            Role::Manager => "Sets prices, shuts accounts, reads the audit log.",
            Role::Owner => "Everything, and gives and takes roles.",
        },
        current: *role == current,
    };
    Role::VARIANTS.iter().map(choice).collect()
}
