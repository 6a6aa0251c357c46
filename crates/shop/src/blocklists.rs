//! Words that we will not draw. Every change by staff is a new version of the whole list.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause,
    audit::{self, Actor, Deed},
    ids::AccountId,
};

/// Most terms of a list.
pub const TERMS_MAX: usize = 1_000;
/// Longest term in characters.
pub const TERM_MAX: usize = 80;
/// Longest note in characters.
pub const NOTE_MAX: usize = 300;

/// A version of the list.
#[derive(Debug, Clone, Serialize)]
pub struct Blocklist {
    /// Its number.
    pub version: i32,
    /// Words and phrases, matched whole, whatever their capitals and the blanks between.
    pub terms: Vec<String>,
    /// Why it was changed.
    pub note: String,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// A version among others.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its number.
    pub version: i32,
    /// How many terms it has.
    pub terms: i64,
    /// Terms that the one before did not have.
    pub added: Vec<String>,
    /// Terms that only the one before had.
    pub removed: Vec<String>,
    /// Why it was changed.
    pub note: String,
    /// When.
    pub created_at: DateTime<Utc>,
    /// By whom, as their address is now; nobody if it came with the shop.
    pub by: Option<String>,
}

/// A term that was found in a sentence.
#[derive(Debug, Clone)]
pub(crate) struct Match {
    /// Of the list that counts.
    pub version: i32,
    /// As it stands in the list.
    pub term: String,
}

/// The list that counts, if there ever was one.
pub async fn current(db: &PgPool) -> sqlx::Result<Option<Blocklist>> {
    sqlx::query_as!(
        Blocklist,
        "select version, terms, note, created_at from blocklists order by version desc limit 1"
    )
    .fetch_optional(db)
    .await
}

/// The versions, newest first, `limit` of them.
pub async fn versions(db: &PgPool, limit: i64) -> sqlx::Result<Vec<Version>> {
    sqlx::query_as!(
        Version,
        r#"with listed as (
               select b.version, b.terms, b.note, b.created_at, b.created_by,
                      coalesce(lag(b.terms) over (order by b.version), '{}') as former
               from blocklists b order by b.version desc limit $1)
           select l.version, cardinality(l.terms)::bigint as "terms!", l.note, l.created_at, a.email as "by?",
                  array(select unnest(l.terms) except select unnest(l.former) order by 1) as "added!: Vec<String>",
                  array(select unnest(l.former) except select unnest(l.terms) order by 1) as "removed!: Vec<String>"
           from listed l left join accounts a on a.id = l.created_by order by l.version desc"#,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Staff change the list. Blank and doubled terms are dropped; what is the same as before makes no new version.
pub async fn change(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    terms: &[String],
    note: &str,
) -> sqlx::Result<()> {
    let on_one_line = |term: &String| term.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let mut terms: Vec<String> = terms.iter().map(on_one_line).collect();
    terms.retain(|term| !term.is_empty());
    terms.sort_unstable();
    terms.dedup();
    let mut tx = db.begin().await?;
    // Two changes at once, or the same one twice, are one after the other. Whoever reads does not wait.
    sqlx::query!("lock table blocklists in share row exclusive mode").execute(&mut *tx).await?;
    let before = sqlx::query!("select version, terms from blocklists order by version desc limit 1")
        .fetch_optional(&mut *tx)
        .await?;
    if before.as_ref().is_some_and(|before| before.terms == terms) {
        return Ok(());
    }
    let version = sqlx::query_scalar!(
        "insert into blocklists (terms, note, created_at, created_by) values ($1, $2, $3, $4) returning version",
        &terms,
        note,
        cause.at,
        actor.account_id as Option<AccountId>,
    )
    .fetch_one(&mut *tx)
    .await?;
    let former = before.as_ref().map_or(&[][..], |before| &before.terms);
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|term| !those.contains(term)).cloned().collect()
    };
    let (added, removed) = (only(&terms, former), only(former, &terms));
    let deed = Deed {
        action: "blocklist.change",
        subject_kind: "blocklist",
        subject_id: &version.to_string(),
        before: before.as_ref().map(|before| serde_json::json!({"version": before.version})),
        after: Some(
            serde_json::json!({"version": version, "added": added, "removed": removed, "note": note}),
        ),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await
}

/// The first term of the list that counts which stands in a sentence as whole words. Letters that only look different (NFKC)
/// are the same, and so are all blanks (`term_pattern`, `plain`). Patterns are made only of terms that are in it at all: making
/// them takes nearly all of the time.
pub(crate) async fn find(tx: &mut PgTransaction<'_>, prompt: &str) -> sqlx::Result<Option<Match>> {
    sqlx::query_as!(
        Match,
        r#"select list.version, term as "term!"
           from (select version, terms from blocklists order by version desc limit 1) list, unnest(list.terms) term
           where case when strpos(plain($1), plain(term)) > 0 then plain($1) ~ term_pattern(term) else false end
           order by term limit 1"#,
        prompt,
    )
    .fetch_optional(&mut **tx)
    .await
}
