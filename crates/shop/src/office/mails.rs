//! The log of mails: what became of each. What they say stays out of it, and so do their links.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::{
    ids::{AccountId, MailId},
    mails::{MailKind, MailState},
};

/// A mail among others.
#[derive(Debug, Clone)]
pub struct Logged {
    /// Which one.
    pub id: MailId,
    /// Whose account it is about.
    pub account_id: Option<AccountId>,
    /// Where it goes.
    pub recipient: String,
    /// What it is about.
    pub kind: MailKind,
    /// Where it stands.
    pub state: MailState,
    /// Why it was given up.
    pub problem: Option<String>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// When a server took it.
    pub sent_at: Option<DateTime<Utc>>,
}

/// Which mails.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// That stand so.
    pub state: Option<MailState>,
    /// About this account.
    pub account_id: Option<AccountId>,
    /// Older than this one.
    pub before: Option<MailId>,
}

/// Mails, newest first, `limit` of them.
pub async fn log(db: &PgPool, wanted: Wanted, limit: i64) -> sqlx::Result<Vec<Logged>> {
    sqlx::query_as!(
        Logged,
        r#"select id as "id: MailId", account_id as "account_id: AccountId", recipient, kind as "kind: MailKind",
                  state as "state: MailState", problem, created_at, sent_at
           from mails
           where ($1::text is null or state = $1) and ($2::uuid is null or account_id = $2) and ($3::uuid is null or id < $3)
           order by id desc limit $4"#,
        wanted.state as Option<MailState>,
        wanted.account_id as Option<AccountId>,
        wanted.before as Option<MailId>,
        limit,
    )
    .fetch_all(db)
    .await
}
