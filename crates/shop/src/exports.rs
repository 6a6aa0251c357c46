//! Exports: a file of everything that is known about an account, for its owner. queued → ready → expired; queued → failed.

mod contents;
mod purchases;

use chrono::{DateTime, Duration, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

pub use contents::{Contents, Picture, contents};

use crate::{
    Cause,
    ids::{AccountId, ExportId},
    jobs::Job,
    mails::{self, Letter},
};

/// Where an export stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum ExportState {
    /// Waits for a worker, or is being made.
    Queued,
    /// It can be downloaded until it expires.
    Ready,
    /// It could not be made.
    Failed,
    /// It was ready, and its file was removed.
    Expired,
}

/// An export, as its owner sees it.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which one.
    pub id: ExportId,
    /// Where it stands.
    pub state: ExportState,
    /// The size of the file in bytes, once there is one.
    pub byte_count: Option<i64>,
    /// Why there is none, in words for its owner.
    pub problem: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// When it was made, or given up.
    pub finished_at: Option<DateTime<Utc>>,
    /// From when on the file is gone.
    pub expires_at: Option<DateTime<Utc>>,
}

/// Whether the file of an export is to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// Now.
    Due,
    /// Not before this moment.
    NotBefore(DateTime<Utc>),
    /// There is none, or there may still come one.
    Needless,
}

/// How long a file can be downloaded.
pub const KEPT_FOR: Duration = Duration::days(7);

/// What the owner reads when it could not be made.
const FAILED: &str = "We tried several times, but your file could not be put together. Nothing of yours is lost. Please ask for it again in a while.";
/// What stands in the row of an export whose account was erased meanwhile.
const LEFT: &str = "The account was erased before this file was made.";
/// What the owner reads when the file could not be removed.
const STUCK: &str = "We could not remove this file for good yet. Nobody can download it any more.";

/// The key of the file in object storage.
pub fn object_key(id: ExportId) -> String {
    format!("exports/{id}.zip")
}

/// Asks for an export, and enqueues its making. While one is being made, asking again is asking for that one.
pub async fn request(db: &PgPool, cause: &Cause, account_id: AccountId) -> sqlx::Result<ExportId> {
    let id = ExportId::new(cause.at);
    let mut tx = db.begin().await?;
    let inserted = sqlx::query!(
        "insert into exports (id, account_id, created_at) values ($1, $2, $3)
         on conflict (account_id) where state = 'queued' do nothing",
        id as ExportId,
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if inserted.rows_affected() == 0 {
        // It may end between the two statements: then the newest is the one that was meant.
        return sqlx::query_scalar!(
            r#"select id as "id: ExportId" from exports where account_id = $1 order by id desc limit 1"#,
            account_id as AccountId,
        )
        .fetch_one(&mut *tx)
        .await;
    }
    Job::ExportAccount { export_id: id }.enqueue(&mut tx, cause).await?;
    tx.commit().await?;
    Ok(id)
}

/// The last exports of an account, newest first, `limit` of them.
pub async fn of_account(db: &PgPool, account_id: AccountId, limit: i64) -> sqlx::Result<Vec<Export>> {
    sqlx::query_as!(
        Export,
        r#"select id as "id: ExportId", state as "state: ExportState", byte_count, problem, created_at, finished_at, expires_at
           from exports where account_id = $1 order by id desc limit $2"#,
        account_id as AccountId,
        limit,
    )
    .fetch_all(db)
    .await
}

/// The key of a file that can be downloaded now. Somebody else's, one that is not ready and one that expired do not exist.
pub async fn downloadable(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id: ExportId,
) -> sqlx::Result<Option<String>> {
    let found = sqlx::query_scalar!(
        r#"select id as "id: ExportId" from exports
           where id = $1 and account_id = $2 and state = 'ready' and expires_at > $3"#,
        id as ExportId,
        account_id as AccountId,
        cause.at,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(object_key))
}

/// The file lies in object storage: tells its owner, and lets the files that it replaces expire. False if nobody waits for
/// it any more, so that it must go again. Saying it twice is saying it once.
pub async fn made(db: &PgPool, cause: &Cause, id: ExportId, byte_count: i64) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    let moved = sqlx::query!(
        r#"update exports e set state = 'ready', byte_count = $2, finished_at = $3, expires_at = $4 from accounts a
           where e.id = $1 and e.state = 'queued' and a.id = e.account_id
           returning e.account_id as "account_id: AccountId", a.email"#,
        id as ExportId,
        byte_count,
        cause.at,
        cause.at + KEPT_FOR,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(owner) = moved else {
        return sqlx::query_scalar!(
            r#"select exists (select from exports where id = $1 and state = 'ready') as "kept!""#,
            id as ExportId
        )
        .fetch_one(&mut *tx)
        .await;
    };
    expire_others(&mut tx, cause, owner.account_id, id).await?;
    Job::PurgeExport { export_id: id }.enqueue_for(&mut tx, cause, cause.at + KEPT_FOR).await?;
    let letter = Letter::ExportReady { export_id: id };
    let key = format!("export-ready:{id}");
    mails::write(&mut tx, cause, Some(owner.account_id), &owner.email, &letter, &key).await?;
    tx.commit().await?;
    Ok(true)
}

async fn expire_others(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    but: ExportId,
) -> sqlx::Result<()> {
    let older = sqlx::query_scalar!(
        r#"update exports set expires_at = $3 where account_id = $1 and id <> $2 and state = 'ready' and expires_at > $3
           returning id as "id: ExportId""#,
        account_id as AccountId,
        but as ExportId,
        cause.at,
    )
    .fetch_all(&mut **tx)
    .await?;
    for export_id in older {
        Job::PurgeExport { export_id }.enqueue(tx, cause).await?;
    }
    Ok(())
}

/// Whether the file of an export is to be removed for good. Also of one that failed: what was stored before it was given up
/// must not stay.
pub async fn removal(db: &PgPool, cause: &Cause, id: ExportId) -> sqlx::Result<Removal> {
    let export = sqlx::query!(
        r#"select state as "state: ExportState", expires_at from exports where id = $1"#,
        id as ExportId
    )
    .fetch_optional(db)
    .await?;
    let Some(export) = export else { return Ok(Removal::Due) };
    Ok(match (export.state, export.expires_at) {
        (ExportState::Ready, Some(expires_at)) if cause.at < expires_at => Removal::NotBefore(expires_at),
        (ExportState::Ready | ExportState::Failed, _) => Removal::Due,
        (ExportState::Queued | ExportState::Expired, _) => Removal::Needless,
    })
}

/// The file is gone.
pub async fn removed(db: &PgPool, id: ExportId) -> sqlx::Result<()> {
    sqlx::query!(
        "update exports set state = 'expired', problem = null where id = $1 and state = 'ready'",
        id as ExportId
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody will try again: its owner is told, and whatever was stored of it goes.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, cause: &Cause, id: ExportId) -> sqlx::Result<()> {
    let failed = sqlx::query!(
        "update exports set state = 'failed', problem = $2, finished_at = $3 where id = $1 and state = 'queued'",
        id as ExportId,
        FAILED,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    if failed.rows_affected() == 1 {
        Job::PurgeExport { export_id: id }.enqueue(tx, cause).await?;
    }
    Ok(())
}

/// The file could not be removed.
pub(crate) async fn report_stuck(tx: &mut PgTransaction<'_>, id: ExportId) -> sqlx::Result<()> {
    sqlx::query!("update exports set problem = $2 where id = $1 and state = 'ready'", id as ExportId, STUCK)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// Ends all exports of an account that is erased, and has their files removed at once.
pub(crate) async fn end_all(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
) -> sqlx::Result<()> {
    let open = sqlx::query_scalar!(
        r#"update exports
           set state = case state when 'queued' then 'failed' else state end,
               problem = case state when 'queued' then $2 else problem end,
               finished_at = coalesce(finished_at, $3), expires_at = least(expires_at, $3)
           where account_id = $1 and state in ('queued', 'ready') returning id as "id: ExportId""#,
        account_id as AccountId,
        LEFT,
        cause.at,
    )
    .fetch_all(&mut **tx)
    .await?;
    for export_id in open {
        Job::PurgeExport { export_id }.enqueue(tx, cause).await?;
    }
    Ok(())
}
