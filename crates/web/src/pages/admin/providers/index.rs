//! GET /admin/providers

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use poem::{Response, handler, http::StatusCode};
use serde::Serialize;
use shop::{
    accounts::{Duty, Role},
    office::providers::{self, Day, Dossier, Model},
    providers::{NOTE_MAX, OPENAI, Pause, Provider, Spent},
};
use strum::VariantArray;

use super::PATH;
use crate::{
    admission::Staff,
    error::Problem,
    forms::FieldError,
    pages::admin::Office,
    views::{self, Page},
};

/// templates/admin/providers/index.html
#[derive(Debug, Clone, Serialize)]
pub struct Index {
    office: Office,
    providers: Vec<Row>,
    /// What is wrong with a form of one of them.
    errors: Vec<FieldError>,
    at: String,
    days: i64,
}

#[derive(Debug, Clone, Serialize)]
struct Row {
    name: String,
    href: String,
    class: &'static str,
    state: &'static str,
    meaning: &'static str,
    detail: Option<String>,
    paused_at: Option<String>,
    probe: Option<Probe>,
    probes: i32,
    waiting: i64,
    last_alert_at: Option<String>,
    calls_per_minute: i32,
    /// No call begins before this moment.
    slow_until: Option<String>,
    today: String,
    month: String,
    /// The settings that say how much may be spent.
    caps: Option<&'static str>,
    days: Vec<Spending>,
    models: Vec<Used>,
    steps: Steps,
}

/// When the oldest request is tried.
#[derive(Debug, Clone, Serialize)]
struct Probe {
    text: &'static str,
    at: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
struct Spending {
    day: String,
    dollars: String,
}

#[derive(Debug, Clone, Serialize)]
struct Used {
    model: String,
    calls: i64,
    dollars: String,
}

/// What whoever looks may do now.
#[derive(Debug, Clone, Default, Serialize)]
struct Steps {
    probe: bool,
    stay: bool,
    resumption: bool,
    pause: Option<PauseForm>,
}

#[derive(Debug, Clone, Serialize)]
struct PauseForm {
    /// Of its field: the one that the list of errors leads to is called after the field.
    id: String,
    reason: String,
    reason_max: usize,
    errors: Vec<FieldError>,
}

/// A form that was refused: of which provider, what was typed, and what is wrong with it.
struct Refused<'a> {
    name: &'a str,
    reason: &'a str,
    error: FieldError,
}

impl Page for Index {
    const TEMPLATE: &'static str = "admin/providers/index.html";

    fn title(&self) -> Cow<'_, str> {
        "Providers".into()
    }

    fn samples() -> Vec<Self> {
        let at: DateTime<Utc> = "2026-11-24T05:30:12Z".parse().unwrap_or_default();
        let hour = chrono::Duration::hours(1);
        let sample = |pause: Option<Pause>, next_probe_at: Option<DateTime<Utc>>| Dossier {
            provider: Provider {
                name: OPENAI.to_owned(),
                pause,
                pause_detail: pause.map(|_| "<asleep>".to_owned()),
                paused_at: pause.map(|_| at),
                next_probe_at,
                probes: 2,
                calls_per_minute: 60,
                free_at: at + hour,
            },
            waiting: 3,
            last_alert_at: Some(at),
            spent: Spent { today: 1_234_567, month: 12_345_678 },
            days: vec![Day { day: at.date_naive(), microdollars: 1_234_567 }],
            models: vec![Model { model: "<again>".to_owned(), calls: 12, microdollars: 1_234_567 }],
        };
        let times = [None, Some(at - hour), Some(at + hour)];
        let paused =
            Pause::VARIANTS.iter().flat_map(|pause| times.map(|time| sample(Some(*pause), time))).collect();
        let quiet = Dossier {
            waiting: 0,
            last_alert_at: None,
            days: vec![],
            models: vec![],
            provider: Provider { calls_per_minute: 0, free_at: at, ..sample(None, None).provider },
            ..sample(None, None)
        };
        let error = FieldError::new("reason", "Please look at this <again>.");
        let refused = Refused { name: OPENAI, reason: "</textarea><b>fox", error };
        vec![
            Self::new(Role::Production, at, paused, None),
            Self::new(Role::Owner, at, vec![sample(Some(Pause::Billing), Some(at)), quiet.clone()], None),
            Self::new(Role::Owner, at, vec![quiet], Some(&refused)),
            Self::new(Role::Owner, at, vec![sample(Some(Pause::Staff), None)], None),
        ]
    }
}

impl Index {
    fn new(role: Role, at: DateTime<Utc>, found: Vec<Dossier>, refused: Option<&Refused<'_>>) -> Self {
        let steers = role.may(Duty::SteerProviders);
        let row = |one: Dossier| {
            let steps = if steers { steps(&one.provider, refused) } else { Steps::default() };
            Row::new(at, one, steps)
        };
        Self {
            office: Office::new(role),
            providers: found.into_iter().map(row).collect(),
            errors: refused.iter().map(|refused| refused.error.clone()).collect(),
            at: views::moment(at),
            days: providers::DAYS,
        }
    }
}

impl Row {
    fn new(at: DateTime<Utc>, found: Dossier, steps: Steps) -> Self {
        let Dossier { provider, waiting, last_alert_at, spent, days, models } = found;
        let (class, state, meaning) = in_words(provider.pause);
        let spending = |day: Day| Spending {
            day: views::moment(day.day.and_time(chrono::NaiveTime::MIN).and_utc()),
            dollars: dollars(day.microdollars),
        };
        let used = |model: Model| Used {
            calls: model.calls,
            dollars: dollars(model.microdollars),
            model: model.model,
        };
        Self {
            href: format!("{PATH}/{}", provider.name),
            class,
            state,
            meaning,
            paused_at: provider.paused_at.map(views::moment),
            probe: probe(at, &provider, waiting),
            probes: provider.probes,
            waiting,
            last_alert_at: last_alert_at.map(views::moment),
            calls_per_minute: provider.calls_per_minute,
            slow_until: Some(provider.free_at).filter(|free_at| *free_at > at).map(views::moment),
            today: dollars(spent.today),
            month: dollars(spent.month),
            caps: (provider.name == OPENAI)
                .then_some("OPENAI_DAILY_CAP_DOLLARS and OPENAI_MONTHLY_CAP_DOLLARS"),
            days: days.into_iter().map(spending).collect(),
            models: models.into_iter().map(used).collect(),
            detail: provider.pause_detail,
            name: provider.name,
            steps,
        }
    }
}

/// All providers, with what can be done about them.
#[handler]
pub async fn show(visit: Staff) -> Result<Response, Problem> {
    let found = providers::all(&visit.site.db, visit.at()).await?;
    visit.page(&Index::new(visit.role, visit.at(), found, None))
}

/// The page again, with what was typed.
pub(super) async fn refused(
    visit: &Staff,
    name: String,
    reason: &str,
    error: FieldError,
) -> Result<Response, Problem> {
    let found = providers::all(&visit.site.db, visit.at()).await?;
    let refused = Refused { name: &name, reason, error };
    visit.page_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        &Index::new(visit.role, visit.at(), found, Some(&refused)),
    )
}

/// How it stands, and what that means.
fn in_words(pause: Option<Pause>) -> (&'static str, &'static str, &'static str) {
    match pause {
        None => ("is-ready", "Working", "What customers ask for is drawn."),
        Some(Pause::Billing) => (
            "is-failed",
            "Paused: billing limit",
            "The account there is out of money or at its limit. Raise the limit or top it up; then everything goes on by itself, or have it tried now.",
        ),
        Some(Pause::Configuration) => (
            "is-failed",
            "Paused: a setting is wrong",
            "It does not take what the workers are set to. Correct the setting and start the workers again, or have it tried now.",
        ),
        Some(Pause::OwnCap) => (
            "is-failed",
            "Paused: our own cap is reached",
            "What may be spent is spent. Drawing goes on by itself when the next day or month begins (UTC), or with a higher cap.",
        ),
        Some(Pause::Staff) => (
            "is-generating",
            "Paused by staff",
            "Somebody of the shop paused it. It goes on when somebody ends the pause here.",
        ),
    }
}

fn probe(at: DateTime<Utc>, provider: &Provider, waiting: i64) -> Option<Probe> {
    let probe = |text, at: Option<DateTime<Utc>>| Some(Probe { text, at: at.map(views::moment) });
    match (provider.pause?, provider.next_probe_at) {
        (Pause::Staff, None) => None,
        (Pause::Billing | Pause::Configuration | Pause::OwnCap, None) => probe("not before you say so", None),
        (_, Some(next)) if next > at => probe("", Some(next)),
        (_, Some(_)) if waiting > 0 => probe("at any moment", None),
        (_, Some(_)) => probe("as soon as somebody asks for a picture", None),
    }
}

fn steps(provider: &Provider, refused: Option<&Refused<'_>>) -> Steps {
    match provider.pause {
        Some(Pause::Billing | Pause::Configuration | Pause::OwnCap) => {
            Steps { probe: true, stay: provider.next_probe_at.is_some(), ..Steps::default() }
        }
        Some(Pause::Staff) => Steps { resumption: true, ..Steps::default() },
        None => {
            let refused = refused.filter(|refused| refused.name == provider.name);
            Steps { pause: Some(pause_form(&provider.name, refused)), ..Steps::default() }
        }
    }
}

fn pause_form(name: &str, refused: Option<&Refused<'_>>) -> PauseForm {
    PauseForm {
        id: refused.map_or_else(|| format!("reason-{name}"), |_| "reason".to_owned()),
        reason: refused.map(|refused| refused.reason.to_owned()).unwrap_or_default(),
        reason_max: NOTE_MAX,
        errors: refused.iter().map(|refused| refused.error.clone()).collect(),
    }
}

/// `$12.50`, of millionths of a dollar.
fn dollars(micro: i64) -> String {
    format!("${}.{:02}", micro / 1_000_000, micro % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_in_dollars_and_cents() {
        let written = [0, 9_999, 50_000, 12_505_000, 500_000_000].map(dollars);
        assert_eq!(written, ["$0.00", "$0.00", "$0.05", "$12.50", "$500.00"]);
    }
}
