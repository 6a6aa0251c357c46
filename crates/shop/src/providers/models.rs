//! Models of providers: they retire within months of each other, and staff are told in time.

use chrono::NaiveDate;
use sqlx::PgPool;

use crate::{
    Cause,
    staff_alerts::{self, Alert},
};

/// So many days before its end staff are told, each time once.
const TELL_BEFORE: [i64; 4] = [1, 7, 14, 30];

/// What the provider's list says of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listed {
    /// It is not there.
    Nowhere,
    /// No end is announced.
    Open,
    /// It is there until this day.
    Until(NaiveDate),
}

/// Tells staff what there is to tell of a model, once for each occasion. Whether there was anything.
pub async fn check_model(
    db: &PgPool,
    cause: &Cause,
    setting: &str,
    model: &str,
    listed: Listed,
) -> sqlx::Result<bool> {
    let (retires_on, occasion) = match listed {
        Listed::Open => return Ok(false),
        Listed::Nowhere => (None, "missing".to_owned()),
        Listed::Until(day) => {
            let left = (day - cause.at.date_naive()).num_days();
            // The nearest one that was reached: a first look five days before the end tells once, not three times.
            let Some(days) = TELL_BEFORE.iter().find(|days| left <= **days) else { return Ok(false) };
            (Some(day), format!("{day}:{days}"))
        }
    };
    let mut tx = db.begin().await?;
    let key = format!("model_retires:{setting}:{model}:{occasion}");
    staff_alerts::tell(&mut tx, cause, &Alert::ModelRetires { model, setting, retires_on }, &key).await?;
    tx.commit().await?;
    Ok(true)
}
