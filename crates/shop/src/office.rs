//! What staff look at, across all accounts. Nothing here changes anything: what staff do is a transition of its noun, with an
//! entry in the audit log.

pub mod accounts;
pub mod deeds;
pub mod mails;
pub mod orders;
pub mod providers;

use sqlx::PgPool;

/// What matters now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Mails that no server took.
    pub failed_mails: i64,
    /// Jobs that are out of tries.
    pub dead_jobs: i64,
    /// Accounts whose owner asked for them to be erased.
    pub accounts_to_be_erased: i64,
    /// Those of them for which that failed.
    pub failed_erasures: i64,
    /// Providers of which nothing is asked.
    pub paused_providers: i64,
    /// Strikes on which staff have not decided.
    pub undecided_strikes: i64,
    /// Accounts for which nothing is drawn until staff have looked.
    pub accounts_in_review: i64,
    /// Orders of which nothing is printed until somebody has looked.
    pub held_orders: i64,
    /// Books that differ, and rounds of upkeep that failed.
    pub differences: i64,
}

/// Counts it.
pub async fn counts(db: &PgPool) -> sqlx::Result<Counts> {
    sqlx::query_as!(
        Counts,
        r#"select (select count(*) from mails where state = 'failed') as "failed_mails!",
                  (select count(*) from apalis.jobs where status = 'Killed') as "dead_jobs!",
                  (select count(*) from accounts where erase_at is not null and erased_at is null) as "accounts_to_be_erased!",
                  (select count(*) from accounts where erase_problem is not null and erased_at is null) as "failed_erasures!",
                  (select count(*) from providers where pause is not null) as "paused_providers!",
                  (select count(*) from strikes s join accounts a on a.id = s.account_id
                   where s.verdict is null and a.erased_at is null) as "undecided_strikes!",
                  (select count(*) from accounts where review_since is not null and erased_at is null) as "accounts_in_review!",
                  (select count(*) from orders where hold is not null) as "held_orders!",
                  (select count(*) from reconciliation_findings where resolution is null)
                  + (select count(*) from schedules where last_outcome = 'failed') as "differences!""#,
    )
    .fetch_one(db)
    .await
}
