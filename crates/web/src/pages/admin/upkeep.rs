//! GET /admin/upkeep

use std::borrow::Cow;

use poem::{Response, handler};
use serde::Serialize;
use shop::{
    accounts::Role,
    reconciliation::{self, Finding, FindingKind, Resolution},
    schedules::{self, RunOutcome, Schedule, Upkeep as Kind},
};

use super::Office;
use crate::{admission::Staff, error::Problem, views, views::Page};

/// Where it is.
pub const PATH: &str = "/admin/upkeep";
/// How many findings are shown: all that are open come first.
const FINDINGS: i64 = 100;

/// templates/admin/upkeep.html
#[derive(Debug, Clone, Serialize)]
pub struct Upkeep {
    office: Office,
    rounds: Vec<Round>,
    findings: Vec<Found>,
}

/// Something that is done from time to time.
#[derive(Debug, Clone, Serialize)]
struct Round {
    name: &'static str,
    hint: &'static str,
    failed: bool,
    last: Option<String>,
    note: String,
    next: String,
}

/// Two books that should say the same.
#[derive(Debug, Clone, Serialize)]
struct Found {
    what: &'static str,
    subject: String,
    detail: String,
    since: String,
    state: &'static str,
    is_open: bool,
}

impl Round {
    fn new(schedule: Schedule) -> Self {
        let (name, hint) = match schedule.name {
            Kind::ExpireGenerations => {
                ("Promises", "What was not drawn in the promised time is ended, and its credits go back.")
            }
            Kind::CheckModels => ("Models", "The provider is asked which models retire."),
            Kind::Reconcile => ("Books", "Credits, calls, spending and files are compared."),
            Kind::CheckPayments => (
                "Payments",
                "Payments that are under way are asked after, and orders that nobody pays are ended.",
            ),
            Kind::FetchPaymentEvents => {
                ("News of payments", "What the payment provider could not tell us is fetched.")
            }
            Kind::ReconcilePayments => {
                ("Ledger", "The ledger is compared with the payment provider's books.")
            }
            Kind::Prune => ("Old rows", "Finished jobs are removed."),
        };
        Self {
            name,
            hint,
            failed: schedule.last_outcome == Some(RunOutcome::Failed),
            last: schedule.last_run_at.map(views::moment),
            note: schedule.last_note,
            next: views::moment(schedule.next_run_at),
        }
    }
}

impl Found {
    fn new(finding: Finding) -> Self {
        let what = match finding.kind {
            FindingKind::OpenCall => "A call that nobody makes: it is closed, and counts as spent",
            FindingKind::StrandedGeneration => {
                "A request without a job: it is ended, and its credits are back"
            }
            FindingKind::StaleHold => "Credits held for a request that is over: they are free",
            FindingKind::OverdrawnAccount => "An account with less than nothing",
            FindingKind::CreditsDiffer => "Credits that were used, and are not in the ledger",
            FindingKind::SpendingDiffers => "A day that cost something else than its calls: the calls count",
            FindingKind::LostObject => "A picture whose original is not in storage",
            FindingKind::LostThumbnails => "A picture without its small versions: they are made again",
            FindingKind::OrphanObject => "A file that belongs to nothing: it is removed after a week",
            FindingKind::StuckPurge => {
                "A deleted picture whose files were still there: they are removed again"
            }
            FindingKind::PaymentDiffers => {
                "An order whose ledger differs from the payment provider's: the provider is asked again"
            }
            FindingKind::UnknownPayment => {
                "A payment for an order that we do not know: look for it at the provider"
            }
            FindingKind::StrandedEvent => {
                "News from the payment provider that was tried for three days, and that nothing could be made of: look at the payment there"
            }
        };
        let state = match finding.resolution {
            None => "Open",
            Some(Resolution::Mended) => "Mended",
            Some(Resolution::Gone) => "Gone",
        };
        Self {
            what,
            subject: finding.subject,
            detail: finding.detail,
            since: views::moment(finding.found_at),
            state,
            is_open: finding.resolution.is_none(),
        }
    }
}

impl Page for Upkeep {
    const TEMPLATE: &'static str = "admin/upkeep.html";

    fn title(&self) -> Cow<'_, str> {
        "Upkeep".into()
    }

    fn samples() -> Vec<Self> {
        let moment = || "2026-11-24T05:30:12Z".to_owned();
        let round = |failed| Round {
            name: "Books",
            hint: "Credits, calls, spending and files are compared.",
            failed,
            last: failed.then(moment),
            note: "<could not> compare".to_owned(),
            next: moment(),
        };
        let found = |is_open| Found {
            what: "A picture whose original is not in storage",
            subject: "<b>fox".to_owned(),
            detail: "its original is not in object storage".to_owned(),
            since: moment(),
            state: if is_open { "Open" } else { "Gone" },
            is_open,
        };
        let empty = Self { office: Office::new(Role::Production), rounds: vec![], findings: vec![] };
        let full = Self {
            rounds: vec![round(false), round(true)],
            findings: vec![found(true), found(false)],
            ..empty.clone()
        };
        vec![empty, full]
    }
}

/// What the shop does by itself, and what it found.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let db = &visit.site.db;
    let (rounds, findings) = (schedules::all(db).await?, reconciliation::findings(db, FINDINGS).await?);
    visit.page(&Upkeep {
        office: Office::new(visit.role),
        rounds: rounds.into_iter().map(Round::new).collect(),
        findings: findings.into_iter().map(Found::new).collect(),
    })
}
