//! The audit log as it is read.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgPool;

use crate::ids::{AccountId, AuditEntryId};

/// Something that was done.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Which one.
    pub id: AuditEntryId,
    /// When.
    pub at: DateTime<Utc>,
    /// By whom; nobody if it was the operator at the terminal.
    pub actor_id: Option<AccountId>,
    /// Their address as it is now.
    pub actor_email: Option<String>,
    /// From which address of the network.
    pub client_address: String,
    /// A verb and its noun, as in `role.change`.
    pub action: String,
    /// What kind of thing it was done to.
    pub subject_kind: String,
    /// Which one.
    pub subject_id: String,
    /// The address of the account that it was done to, if it was one.
    pub subject_email: Option<String>,
    /// What it was.
    pub before: Option<Value>,
    /// What it is since.
    pub after: Option<Value>,
    /// The request that did it.
    pub request_id: Option<String>,
}

/// Which entries.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// By this account.
    pub actor_id: Option<AccountId>,
    /// Done to this account.
    pub subject_id: Option<AccountId>,
    /// Older than this one.
    pub before: Option<AuditEntryId>,
}

/// Entries, newest first, `limit` of them.
pub async fn log(db: &PgPool, wanted: Wanted, limit: i64) -> sqlx::Result<Vec<Entry>> {
    sqlx::query_as!(
        Entry,
        r#"select e.id as "id: AuditEntryId", e.at, e.actor_id as "actor_id: AccountId", actor.email as "actor_email?",
                  e.client_address, e.action, e.subject_kind, e.subject_id, subject.email as "subject_email?", e.before, e.after,
                  e.request_id
           from audit_entries e
           left join accounts actor on actor.id = e.actor_id
           left join accounts subject on subject.id = case when e.subject_kind = 'account' then e.subject_id::uuid end
           where ($1::uuid is null or e.actor_id = $1)
             and ($2::uuid is null or (e.subject_kind = 'account' and e.subject_id = $2::text))
             and ($3::uuid is null or e.id < $3)
           order by e.id desc limit $4"#,
        wanted.actor_id as Option<AccountId>,
        wanted.subject_id as Option<AccountId>,
        wanted.before as Option<AuditEntryId>,
        limit,
    )
    .fetch_all(db)
    .await
}
