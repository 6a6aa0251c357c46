//! Leaving: an account is erased some days after its owner asked for it. The row stays, without a person in it, for what
//! must be kept: orders and invoices name it.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use super::Role;
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    exports, generations,
    ids::{AccountId, SessionId},
    images,
    jobs::Job,
    mails::{self, Letter},
    orders, payments, sessions, sources,
};

/// How long somebody who asked for it can think better of it.
pub const REGRET: Duration = Duration::days(14);

/// How long it takes until it is looked again whether money that was on its way to an order has arrived.
const MONEY_TAKES: Duration = Duration::days(1);

/// Why an account is not going to be erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// Somebody works for the shop with it: an owner must take the role away first.
    #[error("the account of a member of staff")]
    IsStaff,
    /// It is to be erased already, or it was.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Whether an account is to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// It was, just now.
    Done,
    /// Not before this moment: its owner can think better of it, or money of theirs is on its way.
    NotBefore(DateTime<Utc>),
    /// It was called off, or done before.
    Needless,
    /// Somebody works for the shop with it: an owner must take the role away first.
    OfStaff,
}

/// Has an account erased after [`REGRET`], and ends all its sessions but one. Says when.
pub async fn schedule_erasure(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    keep_published: bool,
    but_session: SessionId,
) -> Result<DateTime<Utc>, ErasureError> {
    let erase_at = cause.at + REGRET;
    let mut tx = db.begin().await?;
    let account = sqlx::query!(
        r#"select email, role as "role: Role", erase_at is not null or erased_at is not null as "leaving!"
           from accounts where id = $1 for update"#,
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StaleTransition)?;
    if account.leaving {
        return Err(StaleTransition.into());
    }
    if account.role.is_staff() {
        return Err(ErasureError::IsStaff);
    }
    sqlx::query!(
        "update accounts set erase_at = $2, erase_keeps_published = $3 where id = $1",
        account_id as AccountId,
        erase_at,
        keep_published,
    )
    .execute(&mut *tx)
    .await?;
    sessions::end_all(&mut tx, account_id, Some(but_session)).await?;
    let letter = Letter::ErasureScheduled { erase_at };
    let key = format!("erasure-scheduled:{account_id}:{}", cause.at.timestamp_micros());
    mails::write(&mut tx, cause, Some(account_id), &account.email, &letter, &key).await?;
    Job::EraseAccount { account_id }.enqueue_for(&mut tx, cause, erase_at).await?;
    tx.commit().await?;
    Ok(erase_at)
}

/// Keeps an account that was to be erased. Its job finds nothing to do.
pub async fn call_off_erasure(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let email = sqlx::query_scalar!(
        "update accounts set erase_at = null, erase_keeps_published = false, erase_problem = null
         where id = $1 and erase_at is not null and erased_at is null returning email",
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(email) = email else { return Ok(Err(StaleTransition)) };
    let key = format!("erasure-called-off:{account_id}:{}", cause.at.timestamp_micros());
    mails::write(&mut tx, cause, Some(account_id), &email, &Letter::ErasureCalledOff, &key).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes the person out of an account whose time has come, in one transaction: what names them is gone when it commits,
/// and jobs remove the files of pictures and exports. A second time finds nothing to do.
pub async fn erase(db: &PgPool, cause: &Cause, account_id: AccountId) -> sqlx::Result<Erasure> {
    let mut tx = db.begin().await?;
    orders::lock_all(&mut tx, account_id).await?;
    let account = sqlx::query!(
        r#"select email, role as "role: Role", erase_at, erase_keeps_published from accounts
           where id = $1 and erased_at is null for update"#,
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some((account, erase_at)) = account.and_then(|account| account.erase_at.map(|at| (account, at)))
    else {
        return Ok(Erasure::Needless);
    };
    if cause.at < erase_at {
        return Ok(Erasure::NotBefore(erase_at));
    }
    // No role is given to who is leaving; should it happen nevertheless, a person decides.
    if account.role.is_staff() {
        return Ok(Erasure::OfStaff);
    }
    // Money that is on its way to an order arrives first: its order must be found by it, and it must be known whose it was.
    if !orders::forget(&mut tx, cause, account_id).await? {
        return Ok(Erasure::NotBefore(cause.at + MONEY_TAKES));
    }
    payments::forget_told(&mut tx, account_id).await?;
    // First what may still bring pictures, then the pictures.
    generations::end_all(&mut tx, cause, account_id).await?;
    images::remove_all(&mut tx, cause, account_id, account.erase_keeps_published).await?;
    sources::purge_all(&mut tx, cause, account_id).await?;
    generations::forget_sentences(&mut tx, account_id).await?;
    images::forget_opinions(&mut tx, account_id).await?;
    exports::end_all(&mut tx, cause, account_id).await?;
    mails::forget_recipient(&mut tx, account_id).await?;
    forget_person(&mut tx, cause, account_id).await?;
    // It belongs to nobody any more, and forgets whom it went to as soon as it went (`mails::sent`).
    let key = format!("erased:{account_id}");
    mails::write(&mut tx, cause, None, &account.email, &Letter::Erased, &key).await?;
    tx.commit().await?;
    Ok(Erasure::Done)
}

async fn forget_person(tx: &mut PgTransaction<'_>, cause: &Cause, account_id: AccountId) -> sqlx::Result<()> {
    sessions::end_all(tx, account_id, None).await?;
    for statement in [
        sqlx::query!("delete from account_tokens where account_id = $1", account_id as AccountId),
        sqlx::query!("delete from addresses where account_id = $1", account_id as AccountId),
        sqlx::query!("delete from carts where account_id = $1", account_id as AccountId),
        sqlx::query!("delete from second_factors where account_id = $1", account_id as AccountId),
    ] {
        statement.execute(&mut **tx).await?;
    }
    // No password has this hash, and `.invalid` is no domain (RFC 6761 §6.4).
    sqlx::query!(
        "update accounts
         set email = 'erased-' || id || '@erased.invalid', name = '', password_hash = '!', role = 'customer', email_verified_at = null,
             mail_when_ready = false, unsubscribe_token = gen_random_uuid(), erased_at = $2, erase_problem = null
         where id = $1",
        account_id as AccountId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Staff want an erasure that was given up to be tried again.
pub async fn retry_erasure(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    account_id: AccountId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let problem = sqlx::query_scalar!(
        r#"with before as (select id, erase_problem from accounts where id = $1 and erased_at is null and erase_problem is not null for update)
           update accounts a set erase_problem = null from before where a.id = before.id returning before.erase_problem as "problem!""#,
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(problem) = problem else { return Ok(Err(StaleTransition)) };
    Job::EraseAccount { account_id }.enqueue(&mut tx, cause).await?;
    let deed = Deed {
        action: "erasure.retry",
        subject_kind: "account",
        subject_id: &account_id.to_string(),
        before: Some(serde_json::json!({ "problem": problem })),
        after: None,
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Nobody will try again by itself.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set erase_problem = 'This account could not be erased when it was due.'
         where id = $1 and erased_at is null and erase_at is not null",
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
