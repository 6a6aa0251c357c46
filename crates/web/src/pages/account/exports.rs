//! GET and POST /account/exports

pub mod file;

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use poem::{Response, handler};
use serde::Serialize;
use shop::{
    exports::{self, Export, ExportState},
    ids::ExportId,
};
use uuid::Uuid;

use crate::{
    admission::Member,
    error::Problem,
    flash::Flash,
    forms::CheckedForm,
    views::{Page, moment},
};

/// How many are listed.
const SHOWN: i64 = 10;

/// templates/account/exports.html
#[derive(Debug, Clone, Serialize)]
pub struct Exports {
    files: Vec<Row>,
    is_waiting: bool,
    kept_days: i64,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    state: ExportState,
    state_text: &'static str,
    created_at: String,
    expires_at: Option<String>,
    problem: Option<String>,
    size: Option<String>,
    href: Option<String>,
}

impl Exports {
    fn new(files: Vec<Row>) -> Self {
        let is_waiting = files.iter().any(|row| row.state == ExportState::Queued);
        Self { files, is_waiting, kept_days: exports::KEPT_FOR.num_days() }
    }
}

impl Page for Exports {
    const TEMPLATE: &'static str = "account/exports.html";

    fn title(&self) -> Cow<'_, str> {
        "Take your data along".into()
    }

    fn samples() -> Vec<Self> {
        let at = "2026-11-24T05:30:12Z".parse().unwrap_or_default();
        let row = |state| {
            let failed = state == ExportState::Failed;
            row(
                at,
                Export {
                    id: ExportId(Uuid::nil()),
                    state,
                    byte_count: Some(12_345_678),
                    problem: failed.then(|| "We <could not> make it.".to_owned()),
                    created_at: at,
                    finished_at: Some(at),
                    expires_at: Some(at + exports::KEPT_FOR),
                },
            )
        };
        let states = [ExportState::Queued, ExportState::Ready, ExportState::Failed, ExportState::Expired];
        vec![Self::new(vec![]), Self::new(states.map(row).into()), Self::new(vec![row(ExportState::Ready)])]
    }
}

/// The files that were asked for, and a button to ask for one.
#[handler]
pub async fn show(visit: Member) -> Result<Response, Problem> {
    let listed = exports::of_account(&visit.site.db, visit.account_id, SHOWN).await?;
    visit.page(&Exports::new(listed.into_iter().map(|export| row(visit.at(), export)).collect()))
}

/// Asks for a file of everything. While one is being made, that is the one.
#[handler]
pub async fn create(visit: Member, _form: CheckedForm) -> Result<Response, Problem> {
    exports::request(&visit.site.db, &visit.cause, visit.account_id).await?;
    Ok(visit.see_other_with("/account/exports", Flash::ExportAsked))
}

fn row(now: DateTime<Utc>, export: Export) -> Row {
    // One whose time is up is gone for its owner, also while its file is still being removed.
    let is_over = export.expires_at.is_some_and(|expires_at| expires_at <= now);
    let state =
        if export.state == ExportState::Ready && is_over { ExportState::Expired } else { export.state };
    let is_ready = state == ExportState::Ready;
    Row {
        state,
        state_text: match state {
            ExportState::Queued => "Being put together",
            ExportState::Ready => "Ready",
            ExportState::Failed => "Failed",
            ExportState::Expired => "Removed again",
        },
        created_at: moment(export.created_at),
        expires_at: export.expires_at.filter(|_| is_ready).map(moment),
        problem: export.problem,
        size: export.byte_count.filter(|_| is_ready).map(size),
        href: is_ready.then(|| format!("/account/exports/{}/file", export.id)),
    }
}

/// A number of bytes for a person.
fn size(bytes: i64) -> String {
    match bytes {
        1_000_000.. => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        ..1_000 => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_short() {
        assert_eq!([999, 1_000, 12_345_678].map(size), ["999 bytes", "1 kB", "12.3 MB"]);
    }
}
