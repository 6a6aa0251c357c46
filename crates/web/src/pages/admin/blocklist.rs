//! GET and POST /admin/blocklist

use std::borrow::Cow;

use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::Role,
    blocklists::{self, Blocklist as List, NOTE_MAX, TERM_MAX, TERMS_MAX, Version},
};

use super::Office;
use crate::{
    admission::Staff,
    error::Problem,
    flash::Flash,
    forms::{CheckedForm, FieldError, Form, note},
    views::{self, Page},
};

/// Where it is.
pub const PATH: &str = "/admin/blocklist";

/// How many of the latest versions are shown.
const LATEST: i64 = 20;

/// How many of the terms that a version brought or took are named.
const NAMED: usize = 12;

/// templates/admin/blocklist.html
#[derive(Debug, Clone, Serialize)]
pub struct Blocklist {
    office: Office,
    form: Filled,
    versions: Vec<Row>,
    terms_max: usize,
    note_max: usize,
}

/// The form: as the list stands, or as it was sent.
#[derive(Debug, Clone, Serialize)]
struct Filled {
    terms: String,
    note: String,
    /// The version that it was begun with.
    version: i32,
    errors: Vec<FieldError>,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    version: i32,
    terms: i64,
    added: String,
    removed: String,
    note: String,
    created_at: String,
    by: Option<String>,
}

impl Page for Blocklist {
    const TEMPLATE: &'static str = "admin/blocklist.html";

    fn title(&self) -> Cow<'_, str> {
        "Blocklist".into()
    }

    fn samples() -> Vec<Self> {
        let filled =
            |terms: &str, errors| Filled { terms: terms.to_owned(), note: String::new(), version: 0, errors };
        let version = |by: Option<&str>| Version {
            version: 2,
            terms: 20,
            added: (0..20).map(|number| format!("<asleep>{number}")).collect(),
            removed: vec!["<again>".to_owned()],
            note: "<script>alert(1)</script>".to_owned(),
            created_at: "2026-11-24T05:30:12Z".parse().unwrap_or_default(),
            by: by.map(str::to_owned),
        };
        let errors = ["terms", "note", ""].map(|field| FieldError::new(field, "Look <again>."));
        let versions = vec![version(Some("<mira>@example.org")), version(None)];
        vec![
            Self::new(Role::Manager, filled("", vec![]), vec![]),
            Self::new(Role::Owner, filled("</textarea><b>fox", errors.to_vec()), versions),
        ]
    }
}

impl Blocklist {
    fn new(role: Role, form: Filled, versions: Vec<Version>) -> Self {
        let row = |version: Version| Row {
            version: version.version,
            terms: version.terms,
            added: named(&version.added),
            removed: named(&version.removed),
            note: version.note,
            created_at: views::moment(version.created_at),
            by: version.by,
        };
        Self {
            office: Office::new(role),
            form,
            versions: versions.into_iter().map(row).collect(),
            terms_max: TERMS_MAX,
            note_max: NOTE_MAX,
        }
    }
}

/// The list that counts, and how it came to be so.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let current = blocklists::current(&visit.site.db).await?;
    let (terms, version) = current.map_or_else(Default::default, |list| (list.terms, list.version));
    let form = Filled { terms: terms.join("\n"), note: String::new(), version, errors: vec![] };
    page(&visit, StatusCode::OK, form).await
}

/// Makes another list the one that counts.
#[handler]
pub async fn create(visit: Staff, form: CheckedForm) -> Result<Response, Problem> {
    let current = blocklists::current(&visit.site.db).await?;
    let (terms, note) = match (terms(&form, current.as_ref()), note(&form, "note", NOTE_MAX)) {
        (Ok(terms), Ok(note)) => (terms, note),
        (terms, note) => {
            let errors = [terms.err(), note.err()].into_iter().flatten().collect();
            let version = current.map(|list| list.version).unwrap_or_default();
            let text = |field| form.text(field).to_owned();
            let filled = Filled { terms: text("terms"), note: text("note"), version, errors };
            return page(&visit, StatusCode::UNPROCESSABLE_ENTITY, filled).await;
        }
    };
    blocklists::change(&visit.site.db, &visit.cause, &visit.actor, &terms, note).await?;
    Ok(visit.see_other_with(PATH, Flash::BlocklistChanged))
}

async fn page(visit: &Staff, status: StatusCode, form: Filled) -> Result<Response, Problem> {
    let versions = blocklists::versions(&visit.site.db, LATEST).await?;
    visit.page_with(status, &Blocklist::new(visit.role, form, versions))
}

/// The terms, one a line, or what is wrong with them.
fn terms(form: &Form, current: Option<&List>) -> Result<Vec<String>, FieldError> {
    let wrong = |text: String| FieldError::new("terms", text);
    let lines = form.text("terms").lines().map(str::trim).filter(|line| !line.is_empty());
    let terms: Vec<String> = lines.map(str::to_lowercase).collect();
    if terms.is_empty() {
        return Err(wrong(
            "Please write at least one word: a list without any would let everything through.".to_owned(),
        ));
    }
    if terms.len() > TERMS_MAX {
        return Err(wrong(format!("The list has {} lines, and {TERMS_MAX} are the most.", terms.len())));
    }
    if let Some(long) = terms.iter().find(|term| term.chars().count() > TERM_MAX) {
        let beginning: String = long.chars().take(NAMED).collect();
        return Err(wrong(format!(
            "The line that begins with “{beginning}” is longer than {TERM_MAX} characters. A word or two find more than a sentence."
        )));
    }
    if let Some(blank) = terms.iter().find(|term| !term.chars().any(char::is_alphanumeric)) {
        // Control characters would break the sentence, and NUL is no text.
        let shown: String = blank.chars().filter(|character| !character.is_control()).take(NAMED).collect();
        return Err(wrong(format!(
            "One line, “{shown}”, has neither a letter nor a digit in it. It would turn down sentences for their punctuation."
        )));
    }
    if terms.iter().any(|term| term.contains(char::is_control)) {
        return Err(wrong(
            "One line has an invisible control character in it. Please type it anew.".to_owned(),
        ));
    }
    let begun_with = form.text("version").parse::<i32>().unwrap_or_default();
    let changed_since = current.filter(|list| list.version != begun_with && !same(&list.terms, &terms));
    if let Some(list) = changed_since {
        return Err(wrong(format!(
            "Meanwhile somebody else saved version {}: see below what is different. If you save now, your list takes its place.",
            list.version
        )));
    }
    Ok(terms)
}

/// Whether a list of the shop, which is sorted and has each term once, has these terms.
fn same(list: &[String], terms: &[String]) -> bool {
    terms.iter().all(|term| list.contains(term)) && list.iter().all(|term| terms.contains(term))
}

fn named(terms: &[String]) -> String {
    let first = terms.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let others = terms.len().saturating_sub(NAMED);
    if others > 0 { format!("{first} and {others} more") } else { first }
}
