//! What a provider costs us, by day, against what we want to spend. An estimate counts from the moment a call begins.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use super::pause_at_cap;
use crate::{
    Cause,
    staff_alerts::{self, Alert},
};

/// Of a cap, in percent, from which staff are warned.
const WARN_AT: i64 = 80;

/// The most that is to be spent, in millionths of a dollar; `None` is no cap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Caps {
    /// In a day (UTC).
    pub daily: Option<i64>,
    /// In a calendar month (UTC).
    pub monthly: Option<i64>,
}

/// What was spent, estimates of open calls included, in millionths of a dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Spent {
    /// Today.
    pub today: i64,
    /// This month, today included.
    pub month: i64,
}

/// What was spent with a provider by now.
pub async fn spent(db: &PgPool, at: DateTime<Utc>, name: &str) -> sqlx::Result<Spent> {
    let (today, month) = (at.date_naive(), first_of_month(at));
    let row = sqlx::query!(
        r#"select coalesce(sum(microdollars) filter (where day = $2), 0)::bigint as "today!", coalesce(sum(microdollars), 0)::bigint as "month!"
           from provider_spending where provider = $1 and day >= $3"#,
        name,
        today,
        month,
    )
    .fetch_one(db)
    .await?;
    Ok(Spent { today: row.today, month: row.month })
}

/// Counts an estimate against the caps. `false`: it does not fit any more, nothing was counted, and the provider is paused until
/// there is something to spend again. Whoever spends on the same day waits for this transaction, so that two never pass the cap
/// together.
pub(crate) async fn commit(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    name: &str,
    estimate: i64,
    caps: Caps,
) -> sqlx::Result<bool> {
    let (today, month) = (cause.at.date_naive(), first_of_month(cause.at));
    let spent_today = sqlx::query_scalar!(
        "insert into provider_spending as s (provider, day, microdollars) values ($1, $2, $3)
         on conflict (provider, day) do update set microdollars = s.microdollars + excluded.microdollars
         returning microdollars",
        name,
        today,
        estimate,
    )
    .fetch_one(&mut **tx)
    .await?;
    let spent_month = sqlx::query_scalar!(
        r#"select coalesce(sum(microdollars), 0)::bigint as "month!" from provider_spending where provider = $1 and day >= $2"#,
        name,
        month,
    )
    .fetch_one(&mut **tx)
    .await?;
    let checks = [
        ("day", caps.daily, spent_today, midnight(today + Days::new(1))),
        ("month", caps.monthly, spent_month, midnight(month + Months::new(1))),
    ];
    for (period, cap, spent, until) in checks {
        let Some(cap) = cap else { continue };
        if spent > cap {
            correct(tx, cause.at, name, -estimate).await?;
            let detail = format!("the cap of this {period} is reached");
            pause_at_cap(tx, cause, name, &detail, until).await?;
            return Ok(false);
        }
        if spent.saturating_mul(100) >= cap.saturating_mul(WARN_AT) {
            let key =
                format!("spending_near_cap:{name}:{period}:{}", if period == "day" { today } else { month });
            staff_alerts::tell(
                tx,
                cause,
                &Alert::SpendingNearCap { provider: name, period, spent, cap },
                &key,
            )
            .await?;
        }
    }
    Ok(true)
}

/// Corrects what a call was thought to cost, on the day it began.
pub(crate) async fn correct(
    tx: &mut PgTransaction<'_>,
    began: DateTime<Utc>,
    name: &str,
    by: i64,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update provider_spending set microdollars = microdollars + $3 where provider = $1 and day = $2",
        name,
        began.date_naive(),
        by,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn first_of_month(at: DateTime<Utc>) -> NaiveDate {
    let day = at.date_naive();
    day.with_day(1).unwrap_or(day)
}

fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}
