//! GET /admin/accounts/{id}

use std::{borrow::Cow, fmt::Display};

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::{Duty, Role, closures::REASON_MAX},
    ids::AccountId,
    office::{
        accounts::{self, Dossier},
        deeds, mails,
    },
};
use strum::VariantArray;

use super::{Account, PATH};
use crate::{
    admission::{Id, Staff},
    error::Problem,
    forms::FieldError,
    pages::admin::{Office, address, audit, mails as log, role_text},
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
    roles: Vec<Choice>,
    shuts: bool,
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

/// A role that can be given.
#[derive(Debug, Clone, Serialize)]
struct Choice {
    value: &'static str,
    text: &'static str,
    hint: &'static str,
    current: bool,
}

#[derive(Debug, Clone, Default, Serialize)]
struct Form {
    reason: String,
    reason_max: usize,
    errors: Vec<FieldError>,
}

impl Page for Show {
    const TEMPLATE: &'static str = "admin/accounts/show.html";

    fn title(&self) -> Cow<'_, str> {
        self.account.email.as_str().into()
    }

    fn samples() -> Vec<Self> {
        let errors =
            ["role", "reason", ""].map(|field| FieldError::new(field, "Please look at this <again>."));
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
            form: if full {
                Form {
                    reason: "</textarea><b>fox".to_owned(),
                    reason_max: REASON_MAX,
                    errors: errors.to_vec(),
                }
            } else {
                Form::default()
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
    page(&visit, id, StatusCode::OK, "", vec![]).await
}

/// The page, also for a form that is wrong.
pub(super) async fn page(
    visit: &Staff,
    id: AccountId,
    status: StatusCode,
    reason: &str,
    errors: Vec<FieldError>,
) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let Dossier { account, sessions, generations } =
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
            roles,
            shuts,
            form: Form { reason: reason.to_owned(), reason_max: REASON_MAX, errors },
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
