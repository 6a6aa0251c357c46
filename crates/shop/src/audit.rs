//! What staff did: one entry for every write, in the transaction of the write. Entries are never changed.

use serde_json::Value;
use sqlx::PgTransaction;

use crate::{
    Cause,
    ids::{AccountId, AuditEntryId},
};

/// Who writes on behalf of the shop, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The member of staff; nobody if it is the operator at the terminal.
    pub account_id: Option<AccountId>,
    /// The client's address, if there is one.
    pub client_address: String,
}

/// What was done.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    /// A verb and its noun, as in `role.change`.
    pub action: &'static str,
    /// What kind of thing it was done to, as in `account`.
    pub subject_kind: &'static str,
    /// Which one.
    pub subject_id: &'a str,
    /// What it was, as far as it changed.
    pub before: Option<Value>,
    /// What it is now.
    pub after: Option<Value>,
}

/// Adds an entry. Whoever lets staff write calls it in the same transaction.
pub(crate) async fn record(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    actor: &Actor,
    deed: &Deed<'_>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into audit_entries (id, at, actor_id, action, subject_kind, subject_id, before, after, request_id, client_address)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        AuditEntryId::new(cause.at) as AuditEntryId,
        cause.at,
        actor.account_id as Option<AccountId>,
        deed.action,
        deed.subject_kind,
        deed.subject_id,
        deed.before,
        deed.after,
        cause.request_id,
        actor.client_address,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
