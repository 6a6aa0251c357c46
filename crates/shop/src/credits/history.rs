//! The ledger of an account, as people read it.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use super::Reason;
use crate::ids::{AccountId, CreditEntryId, GenerationId};

/// An entry among others.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which one.
    pub id: CreditEntryId,
    /// What was drawn, or taken away, is negative.
    pub amount: i32,
    /// Why it was made.
    pub reason: Reason,
    /// What was drawn.
    pub generation_id: Option<GenerationId>,
    /// The sentence that it was drawn from: its owner reads it, staff do not.
    pub prompt: Option<String>,
    /// What staff wrote beside it: for staff.
    pub note: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// Entries of an account, newest first, `limit` of them, older than one if given.
pub async fn history(
    db: &PgPool,
    account_id: AccountId,
    before: Option<CreditEntryId>,
    limit: i64,
) -> sqlx::Result<Vec<Line>> {
    sqlx::query_as!(
        Line,
        r#"select e.id as "id: CreditEntryId", e.amount, e.reason as "reason: Reason", e.generation_id as "generation_id: GenerationId",
                  g.prompt as "prompt?", e.note, e.created_at
           from credit_entries e left join generations g on g.id = e.generation_id
           where e.account_id = $1 and ($2::uuid is null or e.id < $2) order by e.id desc limit $3"#,
        account_id as AccountId,
        before as Option<CreditEntryId>,
        limit,
    )
    .fetch_all(db)
    .await
}
