//! Shutting accounts, and opening them again.

use serde_json::json;
use sqlx::{PgPool, PgTransaction};
use strum::VariantArray;

use super::{Role, owners};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::AccountId,
    sessions,
    tokens::{self, Purpose},
};

/// Longest reason in characters: the audit log is no diary.
pub const REASON_MAX: usize = 500;

/// Why an account is neither shut nor opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClosureError {
    /// Nobody shuts their own: a slip would shut them out.
    #[error("nobody shuts their own account")]
    Oneself,
    /// Somebody must be left who gives roles.
    #[error("the last owner stays")]
    LastOwner,
    /// Only owners shut owners.
    #[error("only an owner shuts an owner")]
    Outranked,
    /// There is no such account any more, or somebody was faster.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// Shuts an account: nobody signs in, sessions end, links in mails are good no more. What was ordered goes on.
pub async fn close(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: AccountId,
    reason: &str,
) -> sqlx::Result<Result<(), ClosureError>> {
    let mut tx = db.begin().await?;
    if let Err(refused) = allowed(&mut tx, actor, id).await? {
        return Ok(Err(refused));
    }
    let closed = sqlx::query!(
        "update accounts set disabled_at = $2 where id = $1 and disabled_at is null and erased_at is null",
        id as AccountId,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if closed.rows_affected() == 0 {
        return Ok(Err(StaleTransition.into()));
    }
    sessions::end_all(&mut tx, id, None).await?;
    for purpose in Purpose::VARIANTS {
        tokens::spend_all(&mut tx, cause, *purpose, id).await?;
    }
    record(&mut tx, cause, actor, id, true, reason).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Opens an account again.
pub async fn reopen(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: AccountId,
    reason: &str,
) -> sqlx::Result<Result<(), ClosureError>> {
    let mut tx = db.begin().await?;
    if let Err(refused) = allowed(&mut tx, actor, id).await? {
        return Ok(Err(refused));
    }
    let opened = sqlx::query!(
        "update accounts set disabled_at = null where id = $1 and disabled_at is not null and erased_at is null",
        id as AccountId,
    )
    .execute(&mut *tx)
    .await?;
    if opened.rows_affected() == 0 {
        return Ok(Err(StaleTransition.into()));
    }
    record(&mut tx, cause, actor, id, false, reason).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

async fn allowed(
    tx: &mut PgTransaction<'_>,
    actor: &Actor,
    id: AccountId,
) -> sqlx::Result<Result<(), ClosureError>> {
    if actor.account_id == Some(id) {
        return Ok(Err(ClosureError::Oneself));
    }
    if owners::is_last(tx, id).await? {
        return Ok(Err(ClosureError::LastOwner));
    }
    let Some(actor_id) = actor.account_id else { return Ok(Ok(())) };
    let outranked = sqlx::query_scalar!(
        r#"select exists (select from accounts where id = $1 and role = $3)
              and not exists (select from accounts where id = $2 and role = $3) as "outranked!""#,
        id as AccountId,
        actor_id as AccountId,
        Role::Owner as Role,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(if outranked { Err(ClosureError::Outranked) } else { Ok(()) })
}

async fn record(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    actor: &Actor,
    id: AccountId,
    closed: bool,
    reason: &str,
) -> sqlx::Result<()> {
    let subject_id = id.to_string();
    let deed = Deed {
        action: if closed { "account.close" } else { "account.reopen" },
        subject_kind: "account",
        subject_id: &subject_id,
        before: Some(json!({ "closed": !closed })),
        after: Some(json!({ "closed": closed, "reason": reason })),
    };
    audit::record(tx, cause, actor, &deed).await
}
