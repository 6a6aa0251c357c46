//! Providers as the office sees them: who waits for them, and what they cost.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use sqlx::PgPool;

use crate::{
    accounts::Role,
    mails::MailKind,
    providers::{self, Provider, Spent},
};

/// So many days of spending are shown, today included.
pub const DAYS: i64 = 14;

/// A provider with everything that belongs to it.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// What its row says.
    pub provider: Provider,
    /// Requests that wait for it.
    pub waiting: i64,
    /// When staff were last told about it by mail.
    pub last_alert_at: Option<DateTime<Utc>>,
    /// What was spent.
    pub spent: Spent,
    /// By day, newest first, those of the last [`DAYS`] on which something was asked for.
    pub days: Vec<Day>,
    /// By model, what was answered within these days.
    pub models: Vec<Model>,
}

/// What was spent on a day.
#[derive(Debug, Clone, Copy)]
pub struct Day {
    /// In UTC.
    pub day: NaiveDate,
    /// In millionths of a dollar, estimates of open calls included.
    pub microdollars: i64,
}

/// What a model was asked for.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its name.
    pub model: String,
    /// Calls that were answered.
    pub calls: i64,
    /// In millionths of a dollar: what the answers say, or else what was estimated.
    pub microdollars: i64,
}

/// All providers, by name.
pub async fn all(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<Vec<Dossier>> {
    let mut found = Vec::new();
    for provider in providers::all(db).await? {
        let name = provider.name.as_str();
        let (waiting, last_alert_at) = (waiting(db, name).await?, last_alert_at(db, name).await?);
        let spent = providers::spent(db, at, name).await?;
        let (days, models) = (days(db, at, name).await?, models(db, at, name).await?);
        found.push(Dossier { provider, waiting, last_alert_at, spent, days, models });
    }
    Ok(found)
}

async fn waiting(db: &PgPool, name: &str) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from apalis.jobs j join providers p on p.lane = j.job_type
           where p.name = $1 and (j.status = 'Pending' or (j.status = 'Failed' and j.attempts < j.max_attempts))"#,
        name,
    )
    .fetch_one(db)
    .await
}

async fn last_alert_at(db: &PgPool, name: &str) -> sqlx::Result<Option<DateTime<Utc>>> {
    // By account, since that is what mails are found by: few work here, and many mails are written.
    sqlx::query_scalar!(
        "select max(m.created_at) from mails m join accounts a on a.id = m.account_id
         where a.role in ($2, $3) and m.kind in ($4, $5) and m.details ->> 'provider' = $1",
        name,
        Role::Manager as Role,
        Role::Owner as Role,
        MailKind::ProviderPaused as MailKind,
        MailKind::SpendingNearCap as MailKind,
    )
    .fetch_one(db)
    .await
}

async fn days(db: &PgPool, at: DateTime<Utc>, name: &str) -> sqlx::Result<Vec<Day>> {
    sqlx::query_as!(
        Day,
        "select day, microdollars from provider_spending where provider = $1 and day > $2 order by day desc",
        name,
        (at - Duration::days(DAYS)).date_naive(),
    )
    .fetch_all(db)
    .await
}

async fn models(db: &PgPool, at: DateTime<Utc>, name: &str) -> sqlx::Result<Vec<Model>> {
    sqlx::query_as!(
        Model,
        r#"select model, count(*) as "calls!",
                  coalesce(sum(coalesce(cost_microdollars, estimated_microdollars)), 0)::bigint as "microdollars!"
           from provider_calls where provider = $1 and state = 'answered' and ended_at > $2
           group by model order by 3 desc, model"#,
        name,
        at - Duration::days(DAYS),
    )
    .fetch_all(db)
    .await
}
