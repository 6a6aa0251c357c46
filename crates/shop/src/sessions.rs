//! Browsers that are signed in. The cookie holds a random value, the table only its sha256.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause,
    accounts::Role,
    ids::{AccountId, SessionId},
};

/// A session ends when it was not used for so long (OWASP ASVS 5.0, 7.3.1).
pub const IDLE_LIMIT: Duration = Duration::days(14);
/// A session ends so long after signing in, used or not (OWASP ASVS 5.0, 7.3.2).
pub const ABSOLUTE_LIMIT: Duration = Duration::days(60);
/// Use is written down at most so often.
const TOUCH_EVERY: Duration = Duration::minutes(1);

/// Longest name of a browser in characters; `sessions_user_agent_length`.
pub const USER_AGENT_MAX: usize = 300;

/// sha256 of a session cookie's value.
pub type IdHash = [u8; 32];

/// Who is signed in.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The session.
    pub session_id: SessionId,
    /// The account.
    pub account_id: AccountId,
    /// Its address, for the header of every page.
    pub email: String,
    /// How its owner wants to be called; empty if they never said.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Whether the address was proved to be theirs.
    pub is_verified: bool,
    /// Whether a one-time code is asked for, and was given.
    pub second_factor: SecondFactor,
    /// When the person last proved to be there, by password or code.
    pub confirmed_at: DateTime<Utc>,
    /// When the account will be erased, if its owner asked for that.
    pub erase_at: Option<DateTime<Utc>>,
    /// How many pictures came that they have not looked at yet.
    pub unseen: i64,
}

/// How a session stands to one-time codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// The account has none.
    Unset,
    /// The account has one, and this session did not give a code yet: nobody is signed in.
    Due,
    /// A code was given in this session.
    Given,
}

/// What is known of the browser that signs in.
#[derive(Debug, Clone, Copy)]
pub struct Browser<'a> {
    /// How it calls itself; cut to [`USER_AGENT_MAX`].
    pub user_agent: &'a str,
    /// The client's address.
    pub address: &'a str,
}

/// Begins a session for an account; `id_hash` comes from a fresh random value that no browser had before.
pub async fn begin(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id_hash: &IdHash,
    browser: Browser<'_>,
) -> sqlx::Result<()> {
    let user_agent: String = browser.user_agent.chars().take(USER_AGENT_MAX).collect();
    sqlx::query!(
        "insert into sessions (id_hash, id, account_id, created_at, last_seen_at, confirmed_at, user_agent, address)
         values ($1, $2, $3, $4, $4, $4, $5, $6)",
        id_hash.as_slice(),
        SessionId::new(cause.at) as SessionId,
        account_id as AccountId,
        cause.at,
        user_agent,
        browser.address,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Whose session this is, unless it ended or ran out, or staff shut the account.
pub async fn visitor(db: &PgPool, id_hash: &IdHash, at: DateTime<Utc>) -> sqlx::Result<Option<Visitor>> {
    let row = sqlx::query!(
        r#"select s.id as "session_id: SessionId", a.id as "account_id: AccountId", a.email, a.name, a.role as "role: Role",
                  a.email_verified_at is not null as "is_verified!", a.erase_at, s.last_seen_at, s.confirmed_at,
                  s.second_factor_at is not null as "given!",
                  exists (select from second_factors f where f.account_id = a.id and f.confirmed_at is not null) as "has_factor!",
                  (select count(*) from generations g join images i on i.generation_id = g.id
                   where g.account_id = a.id and g.state = 'ready' and g.seen_at is null and i.deleted_at is null) as "unseen!"
           from sessions s join accounts a on a.id = s.account_id
           where s.id_hash = $1 and s.last_seen_at > $2 and s.created_at > $3 and a.disabled_at is null and a.erased_at is null"#,
        id_hash.as_slice(),
        at - IDLE_LIMIT,
        at - ABSOLUTE_LIMIT,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if row.last_seen_at < at - TOUCH_EVERY {
        sqlx::query!("update sessions set last_seen_at = $2 where id_hash = $1", id_hash.as_slice(), at)
            .execute(db)
            .await?;
    }
    let second_factor = match (row.has_factor, row.given) {
        (false, _) => SecondFactor::Unset,
        (true, false) => SecondFactor::Due,
        (true, true) => SecondFactor::Given,
    };
    Ok(Some(Visitor {
        session_id: row.session_id,
        account_id: row.account_id,
        email: row.email,
        name: row.name,
        role: row.role,
        is_verified: row.is_verified,
        second_factor,
        confirmed_at: row.confirmed_at,
        erase_at: row.erase_at,
        unseen: row.unseen,
    }))
}

/// Ends a session. Ending one that is over already is no error.
pub async fn end(db: &PgPool, id_hash: &IdHash) -> sqlx::Result<()> {
    sqlx::query!("delete from sessions where id_hash = $1", id_hash.as_slice()).execute(db).await?;
    Ok(())
}

/// Ends every session of an account but one, if one is given.
pub(crate) async fn end_all(
    tx: &mut PgTransaction<'_>,
    account_id: AccountId,
    but: Option<SessionId>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from sessions where account_id = $1 and id is distinct from $2",
        account_id as AccountId,
        but as Option<SessionId>,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// The person proved to be there, by their password.
pub async fn confirm(db: &PgPool, cause: &Cause, id: SessionId) -> sqlx::Result<()> {
    sqlx::query!("update sessions set confirmed_at = $2 where id = $1", id as SessionId, cause.at)
        .execute(db)
        .await?;
    Ok(())
}
