//! Accounts as staff see them: no passwords, no pictures, no sentences.

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::{
    accounts::Role,
    ids::AccountId,
    sessions::{ABSOLUTE_LIMIT, IDLE_LIMIT},
};

/// An account among others.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which one.
    pub id: AccountId,
    /// Its address.
    pub email: String,
    /// How its owner wants to be called; empty if they never said.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was opened.
    pub created_at: DateTime<Utc>,
    /// When its address was proved, if it was.
    pub email_verified_at: Option<DateTime<Utc>>,
    /// When staff shut it, if they did.
    pub disabled_at: Option<DateTime<Utc>>,
    /// When it will be erased, if its owner asked for that.
    pub erase_at: Option<DateTime<Utc>>,
    /// When it was.
    pub erased_at: Option<DateTime<Utc>>,
    /// Whether one-time codes are asked for.
    pub has_second_factor: bool,
    /// Since when nothing is drawn for it, until staff have looked.
    pub review_since: Option<DateTime<Utc>>,
}

/// An account on a page of its own.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// What its row says.
    pub account: Listed,
    /// Browsers that are signed in.
    pub sessions: i64,
    /// Requests for pictures.
    pub generations: i64,
    /// Why it could not be erased when it was due.
    pub erase_problem: Option<String>,
}

/// Accounts whose address or name has these words in it, newest first, `limit` of them, older than one if given.
pub async fn search(
    db: &PgPool,
    words: &str,
    before: Option<AccountId>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select a.id as "id: AccountId", a.email, a.name, a.role as "role: Role", a.created_at, a.email_verified_at, a.disabled_at,
                  a.erase_at, a.erased_at, a.review_since,
                  exists (select from second_factors f where f.account_id = a.id and f.confirmed_at is not null) as "has_second_factor!"
           from accounts a
           where (a.email ilike $1 or a.name ilike $1) and ($2::uuid is null or a.id < $2)
           order by a.id desc limit $3"#,
        pattern(words),
        before as Option<AccountId>,
        limit,
    )
    .fetch_all(db)
    .await
}

/// One account.
pub async fn find(db: &PgPool, id: AccountId, at: DateTime<Utc>) -> sqlx::Result<Option<Dossier>> {
    let account = sqlx::query_as!(
        Listed,
        r#"select a.id as "id: AccountId", a.email, a.name, a.role as "role: Role", a.created_at, a.email_verified_at, a.disabled_at,
                  a.erase_at, a.erased_at, a.review_since,
                  exists (select from second_factors f where f.account_id = a.id and f.confirmed_at is not null) as "has_second_factor!"
           from accounts a where a.id = $1"#,
        id as AccountId,
    )
    .fetch_optional(db)
    .await?;
    let Some(account) = account else { return Ok(None) };
    let counts = sqlx::query!(
        r#"select (select count(*) from sessions where account_id = $1 and last_seen_at > $2 and created_at > $3) as "sessions!",
                  (select count(*) from generations where account_id = $1) as "generations!",
                  (select erase_problem from accounts where id = $1) as erase_problem"#,
        id as AccountId,
        at - IDLE_LIMIT,
        at - ABSOLUTE_LIMIT,
    )
    .fetch_one(db)
    .await?;
    Ok(Some(Dossier {
        account,
        sessions: counts.sessions,
        generations: counts.generations,
        erase_problem: counts.erase_problem,
    }))
}

/// For ILIKE: the words themselves, wherever they stand.
fn pattern(words: &str) -> String {
    let mut pattern = String::from("%");
    for character in words.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_patterns() {
        assert_eq!(pattern("50%_\\"), "%50\\%\\_\\\\%");
        assert_eq!(pattern(""), "%%");
    }
}
