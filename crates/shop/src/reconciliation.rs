//! Comparing the books: what one table says another one must say too, and what a row says must lie in object storage. A
//! difference becomes a finding that staff can see. What can be put right without a doubt is put right, and the finding says so.

mod books;
mod events;
mod objects;
mod payments;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

pub use books::compare as compare_books;
pub use events::look as look_for_stranded_events;
pub use objects::{Compared, Folder, Listed, compare as compare_objects, compare_folder, purge_again};
pub use payments::{Ledger, PaymentSeen, compare as compare_payments};

use crate::{Cause, ids::FindingId};

/// What differs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum FindingKind {
    /// A call is open, and nobody is making it. It is closed as lost, which counts as spent.
    OpenCall,
    /// A generation waits, and no job will ever draw it. It is failed, and its credits go back.
    StrandedGeneration,
    /// Credits are held for a generation that is over. They are freed, unless its pictures came.
    StaleHold,
    /// An account has less than nothing.
    OverdrawnAccount,
    /// A hold was captured, and the ledger knows nothing of it.
    CreditsDiffer,
    /// What a day cost is not what its calls cost. The calls are right.
    SpendingDiffers,
    /// A picture's original is not in object storage.
    LostObject,
    /// Small versions of a picture are not in object storage. They are made again.
    LostThumbnails,
    /// An object belongs to nothing that we know. It is removed when it was seen for a while.
    OrphanObject,
    /// A picture was deleted, and its files are still there. They are removed again.
    StuckPurge,
    /// The ledger of an order is not what its payment provider says. The provider is asked again, and is right.
    PaymentDiffers,
    /// A payment says that it is for an order of ours, and we know none.
    UnknownPayment,
    /// A payment provider told something, and for days nothing could be made of it.
    StrandedEvent,
}

/// Which findings one run of a comparison can end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Books {
    /// Those of the shop's own books and of object storage.
    Own,
    /// Those of the payment provider's books.
    Payments,
}

const OF_PAYMENTS: [FindingKind; 3] =
    [FindingKind::PaymentDiffers, FindingKind::UnknownPayment, FindingKind::StrandedEvent];

/// How a finding ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Resolution {
    /// The shop put it right.
    Mended,
    /// It was not there any more when it was looked for.
    Gone,
}

/// A finding, as staff see it.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Which one.
    pub id: FindingId,
    /// What differs.
    pub kind: FindingKind,
    /// Which call, generation, account, day or object.
    pub subject: String,
    /// How.
    pub detail: String,
    /// Since when it is known.
    pub found_at: DateTime<Utc>,
    /// When it was last there.
    pub last_seen_at: DateTime<Utc>,
    /// How it ended.
    pub resolution: Option<Resolution>,
    /// When it ended.
    pub resolved_at: Option<DateTime<Utc>>,
}

/// Findings: those that are open first, then the newest, `limit` of them.
pub async fn findings(db: &PgPool, limit: i64) -> sqlx::Result<Vec<Finding>> {
    sqlx::query_as!(
        Finding,
        r#"select id as "id: FindingId", kind as "kind: FindingKind", subject, detail, found_at, last_seen_at,
                  resolution as "resolution: Resolution", resolved_at
           from reconciliation_findings order by resolution is not null, id desc limit $1"#,
        limit,
    )
    .fetch_all(db)
    .await
}

/// How many are open.
pub async fn count_open(db: &PgPool) -> sqlx::Result<i64> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from reconciliation_findings where resolution is null"#
    )
    .fetch_one(db)
    .await
}

/// Ends the findings that a comparison, begun at this moment, did not see again. Says how many are still open.
pub async fn conclude(db: &PgPool, cause: &Cause, began: DateTime<Utc>, books: Books) -> sqlx::Result<i64> {
    sqlx::query!(
        "update reconciliation_findings set resolution = 'gone', resolved_at = $1
         where resolution is null and last_seen_at < $2 and (kind = any($3)) = $4",
        cause.at,
        began,
        &OF_PAYMENTS as &[FindingKind],
        books == Books::Payments,
    )
    .execute(db)
    .await?;
    count_open(db).await
}

/// Writes a finding down, or that it is still there. Returns since when it is known.
async fn found(
    db: &mut sqlx::PgConnection,
    cause: &Cause,
    kind: FindingKind,
    subject: &str,
    detail: &str,
) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar!(
        "insert into reconciliation_findings (id, kind, subject, detail, found_at, last_seen_at) values ($1, $2, $3, $4, $5, $5)
         on conflict (kind, subject) where resolution is null do update set detail = excluded.detail, last_seen_at = excluded.last_seen_at
         returning found_at",
        FindingId::new(cause.at) as FindingId,
        kind as FindingKind,
        subject,
        detail,
        cause.at,
    )
    .fetch_one(db)
    .await
}

/// The shop put it right.
async fn mended(
    db: &mut sqlx::PgConnection,
    cause: &Cause,
    kind: FindingKind,
    subject: &str,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update reconciliation_findings set resolution = 'mended', resolved_at = $3 where kind = $1 and subject = $2 and resolution is null",
        kind as FindingKind,
        subject,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}
