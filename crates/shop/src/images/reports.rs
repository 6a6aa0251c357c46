//! Pictures in the gallery that somebody thinks should not hang there.

use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause, StaleTransition,
    ids::{AccountId, ImageId, ReportId},
};

/// Longest text beside a reason, in Unicode scalar values; `reports_words_length`.
pub const REPORT_WORDS_MAX: usize = 1_000;

/// Why a picture should not hang there.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ReportReason {
    /// Nakedness or sex.
    Sexual,
    /// Blood or cruelty.
    Violent,
    /// Contempt for people.
    Hateful,
    /// A real person who did not agree.
    Person,
    /// Somebody else's work or mark.
    Rights,
    /// Something else.
    Other,
}

impl ReportReason {
    /// Its key in forms and in the database.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// As people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sexual => "It shows nakedness or sex",
            Self::Violent => "It shows blood or cruelty",
            Self::Hateful => "It holds people in contempt",
            Self::Person => "It shows a real person who may not agree",
            Self::Rights => "It uses somebody else’s work or mark",
            Self::Other => "Something else",
        }
    }
}

/// What staff made of the reports about a picture.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ReportVerdict {
    /// The picture stays.
    Kept,
    /// The picture went back to its owner.
    SentBack,
    /// The picture was taken down.
    Hidden,
}

/// What somebody says about a picture.
#[derive(Debug, Clone)]
pub struct Report {
    /// Why.
    pub reason: ReportReason,
    /// In their own words; may be empty.
    pub words: String,
}

/// Why a report is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// This account reported the picture already, and nobody has looked yet.
    #[error("this account reported it already")]
    Again,
    /// It does not hang in the gallery any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// Takes in what somebody says about a picture in the gallery, for staff to look at.
pub async fn report(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ImageId,
    report: &Report,
) -> sqlx::Result<Result<(), ReportError>> {
    let mut tx = db.begin().await?;
    // So that staff who decide at this moment do not miss it.
    let hangs = sqlx::query_scalar!(
        "select 1 from images where id = $1 and visibility = 'published' for share",
        id as ImageId
    )
    .fetch_optional(&mut *tx)
    .await?;
    if hangs.is_none() {
        return Ok(Err(StaleTransition.into()));
    }
    let taken_in = sqlx::query!(
        "insert into reports (id, image_id, account_id, reason, words, created_at) values ($1, $2, $3, $4, $5, $6)
         on conflict (image_id, account_id) where verdict is null do nothing",
        ReportId::new(cause.at) as ReportId,
        id as ImageId,
        account_id as AccountId,
        report.reason as ReportReason,
        report.words,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(if taken_in.rows_affected() == 1 { Ok(()) } else { Err(ReportError::Again) })
}

/// Closes every open report about a picture.
pub(super) async fn close(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    id: ImageId,
    verdict: ReportVerdict,
) -> sqlx::Result<u64> {
    let closed = sqlx::query!(
        "update reports set verdict = $2, decided_at = $3 where image_id = $1 and verdict is null",
        id as ImageId,
        verdict as ReportVerdict,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(closed.rows_affected())
}
