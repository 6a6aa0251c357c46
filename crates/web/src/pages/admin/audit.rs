//! GET /admin/audit

use std::{borrow::Cow, collections::BTreeSet};

use poem::{Response, handler};
use serde::Serialize;
use serde_json::{Value, json};
use shop::{
    accounts::Role,
    ids::AccountId,
    office::{
        accounts as found,
        deeds::{self, Entry, Wanted},
    },
};

use super::{Office, accounts, address, asked, coupons, limit, paged, prices, words};
use crate::{admission::Staff, error::Problem, views, views::Page};

/// Where it is.
pub const PATH: &str = "/admin/audit";

/// templates/admin/audit.html
#[derive(Debug, Clone, Serialize)]
pub struct Audit {
    office: Office,
    entries: Vec<Row>,
    actor: Option<String>,
    subject: Option<String>,
    next: Option<String>,
}

/// Something that was done.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    at: String,
    who: String,
    /// What else this person did.
    by_href: Option<String>,
    from: String,
    what: String,
    whom: String,
    whom_href: Option<String>,
    changes: Vec<Change>,
    request_id: Option<String>,
}

/// One thing that was another before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Change {
    name: String,
    before: Option<String>,
    after: Option<String>,
}

impl Row {
    /// From the log.
    pub fn new(entry: Entry) -> Self {
        let (whom, whom_href) = whom(&entry);
        Self {
            at: views::moment(entry.at),
            by_href: entry.actor_id.map(|id| address(PATH, &[("actor", &id.to_string())])),
            who: entry.actor_email.unwrap_or_else(|| "The operator at the terminal".to_owned()),
            from: entry.client_address,
            what: action_text(&entry.action),
            whom,
            whom_href,
            changes: changes(entry.before.as_ref(), entry.after.as_ref()),
            request_id: entry.request_id,
        }
    }

    /// By a person and by nobody.
    pub fn samples() -> Vec<Self> {
        let closed = Self {
            at: "2026-11-24T05:30:12Z".to_owned(),
            who: "<mira>@example.org".to_owned(),
            by_href: Some("/admin/audit?actor=0".to_owned()),
            from: "192.0.2.7".to_owned(),
            what: action_text("account.close"),
            whom: "noor@example.org".to_owned(),
            whom_href: Some("/admin/accounts/0".to_owned()),
            changes: changes(
                Some(&json!({ "closed": false })),
                Some(&json!({ "closed": true, "reason": "<script>alert(1)</script>" })),
            ),
            request_id: Some("0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11".to_owned()),
        };
        let made =
            Self { by_href: None, whom_href: None, from: String::new(), request_id: None, ..closed.clone() };
        vec![closed, made]
    }
}

impl Page for Audit {
    const TEMPLATE: &'static str = "admin/audit.html";

    fn title(&self) -> Cow<'_, str> {
        "Audit log".into()
    }

    fn samples() -> Vec<Self> {
        let office = Office::new(Role::Owner);
        let empty = Self { office, entries: vec![], actor: None, subject: None, next: None };
        let full = Self {
            entries: Row::samples(),
            actor: Some("<mira>@example.org".to_owned()),
            subject: Some("noor@example.org".to_owned()),
            next: Some("/admin/audit?before=0".to_owned()),
            ..empty.clone()
        };
        vec![empty, full]
    }
}

/// What staff did, newest first.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let wanted = Wanted {
        actor_id: asked(&visit, "actor")?,
        subject_id: asked(&visit, "subject")?,
        before: asked(&visit, "before")?,
    };
    let (rows, more) = paged(deeds::log(&visit.site.db, wanted, limit()).await?);
    let text = |id: Option<AccountId>| id.map(|id| id.to_string()).unwrap_or_default();
    let next = rows.last().filter(|_| more).map(|last| {
        let (actor, subject) = (text(wanted.actor_id), text(wanted.subject_id));
        address(PATH, &[("actor", &actor), ("subject", &subject), ("before", &last.id.to_string())])
    });
    visit.page(&Audit {
        office: Office::new(visit.role),
        actor: named(&visit, wanted.actor_id).await?,
        subject: named(&visit, wanted.subject_id).await?,
        entries: rows.into_iter().map(Row::new).collect(),
        next,
    })
}

/// The address of an account that entries are narrowed to.
async fn named(visit: &Staff, id: Option<AccountId>) -> Result<Option<String>, Problem> {
    let Some(id) = id else { return Ok(None) };
    let found = found::find(&visit.site.db, id, visit.at()).await?.ok_or(Problem::NotFound)?;
    Ok(Some(found.account.email))
}

/// What it was done to, in words, and its page if it has one.
fn whom(entry: &Entry) -> (String, Option<String>) {
    let named = |name: &str| {
        let sides = [entry.after.as_ref(), entry.before.as_ref()];
        let name = sides.into_iter().flatten().find_map(|side| side.get(name)?.as_str());
        name.map(|name| format!(" “{name}”")).unwrap_or_default()
    };
    match entry.subject_kind.as_str() {
        "account" => {
            let email = entry.subject_email.clone();
            let whom = email.unwrap_or_else(|| format!("account {}", entry.subject_id));
            (whom, Some(accounts::show::path(&entry.subject_id)))
        }
        "price_list" => {
            let is_there = entry.action != "price_list.delete";
            let href = is_there.then(|| prices::path(&entry.subject_id));
            (format!("the price list{}", named("name")), href)
        }
        "coupon" => (format!("the coupon{}", named("code")), Some(coupons::path(&entry.subject_id))),
        kind => (format!("{kind} {}", entry.subject_id), None),
    }
}

fn action_text(action: &str) -> String {
    match action {
        "role.change" => "changed the role of".to_owned(),
        "account.close" => "closed the account of".to_owned(),
        "erasure.retry" => "had it tried again to erase".to_owned(),
        "account.reopen" => "opened the account again of".to_owned(),
        "provider.try_now" => "had it tried now whether drawing goes on with".to_owned(),
        "provider.stay_paused" => "had no more tries made with".to_owned(),
        "provider.pause" => "paused".to_owned(),
        "provider.resume" => "ended the pause of".to_owned(),
        "strike.decide" => "judged a sentence of".to_owned(),
        "review.end" => "ended the review of".to_owned(),
        "blocklist.change" => "wrote".to_owned(),
        "credits.give" => "changed the credits of".to_owned(),
        "owner.make" => "made an owner of".to_owned(),
        "picture.publish" => "hung in the gallery".to_owned(),
        "picture.send_back" => "sent back".to_owned(),
        "picture.hide" => "took down".to_owned(),
        "price_list.create" => "began".to_owned(),
        "price_list.revise" => "changed the terms of".to_owned(),
        "price_list.publish" => "published".to_owned(),
        "price_list.withdraw" => "withdrew".to_owned(),
        "price_list.delete" => "threw away".to_owned(),
        "prices.change" => "changed prices in".to_owned(),
        "coupon.create" => "made".to_owned(),
        "coupon.deactivate" => "took back".to_owned(),
        "coupon.reactivate" => "brought back".to_owned(),
        other => words(other),
    }
}

/// Everything that is named before or after, and is not the same in both.
fn changes(before: Option<&Value>, after: Option<&Value>) -> Vec<Change> {
    let names: BTreeSet<&String> = [before, after]
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .flat_map(|object| object.keys())
        .collect();
    let text = |side: Option<&Value>, name: &str| side.and_then(|side| side.get(name)).map(value_text);
    names
        .into_iter()
        .map(|name| Change { name: words(name), before: text(before, name), after: text(after, name) })
        .filter(|change| change.before != change.after)
        .collect()
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(yes) => (if *yes { "yes" } else { "no" }).to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(value_text).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changed_is_read_as_words() {
        let change = |name: &str, before: Option<&str>, after: Option<&str>| Change {
            name: name.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        let before = json!({ "role": "customer", "closed": false, "same": 1 });
        let after = json!({ "role": "support", "closed": true, "same": 1, "reason": "spam" });
        assert_eq!(
            changes(Some(&before), Some(&after)),
            [
                change("Closed", Some("no"), Some("yes")),
                change("Reason", None, Some("spam")),
                change("Role", Some("customer"), Some("support")),
            ]
        );
        assert_eq!(changes(None, None), []);
    }
}
