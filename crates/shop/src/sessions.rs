//! Browsers that are signed in. The cookie holds a random value, the table only its sha256.

use chrono::{DateTime, Duration, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause, PRUNED_AT_ONCE, StaleTransition,
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
    /// How much came that they have not looked at yet: pictures, and requests that ended without one.
    pub unseen: i64,
    /// How many pieces are in their cart.
    pub in_cart: i64,
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

/// Begins a session for an account; `id_hash` comes from a fresh random value that no browser had before. `checked` is the hash
/// of the password that was given, if one was: checking takes a while, and whoever changed the password or shut the account
/// meanwhile has ended all sessions but this one.
pub async fn begin(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    id_hash: &IdHash,
    browser: Browser<'_>,
    checked: Option<&str>,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let user_agent: String = browser.user_agent.chars().take(USER_AGENT_MAX).collect();
    let begun = sqlx::query!(
        "insert into sessions (id_hash, id, account_id, created_at, last_seen_at, confirmed_at, user_agent, address)
         select $1, $2, id, $4, $4, $4, $5, $6 from accounts
         where id = $3 and disabled_at is null and erased_at is null and ($7::text is null or password_hash = $7)
         for share",
        id_hash.as_slice(),
        SessionId::new(cause.at) as SessionId,
        account_id as AccountId,
        cause.at,
        user_agent,
        browser.address,
        checked,
    )
    .execute(db)
    .await?;
    Ok(if begun.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Whose session this is, unless it ended or ran out, or staff shut the account.
pub async fn visitor(db: &PgPool, id_hash: &IdHash, at: DateTime<Utc>) -> sqlx::Result<Option<Visitor>> {
    let row = sqlx::query!(
        r#"select s.id as "session_id: SessionId", a.id as "account_id: AccountId", a.email, a.name, a.role as "role: Role",
                  a.email_verified_at is not null as "is_verified!", a.erase_at, s.last_seen_at, s.confirmed_at,
                  s.second_factor_at is not null as "given!",
                  exists (select from second_factors f where f.account_id = a.id and f.confirmed_at is not null) as "has_factor!",
                  (select coalesce(sum(case g.state when 'ready' then (select count(*) from images i where i.generation_id = g.id and i.deleted_at is null)
                                                    else 1 end), 0)::bigint
                   from generations g
                   where g.account_id = a.id and g.state in ('ready', 'refused', 'failed') and g.seen_at is null) as "unseen!",
                  (select coalesce(sum(l.quantity), 0)::bigint from carts c join cart_lines l on l.cart_id = c.id
                   where c.account_id = a.id) as "in_cart!"
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
        in_cart: row.in_cart,
    }))
}

/// Ends a session. Ending one that is over already is no error.
pub async fn end(db: &PgPool, id_hash: &IdHash) -> sqlx::Result<()> {
    sqlx::query!("delete from sessions where id_hash = $1", id_hash.as_slice()).execute(db).await?;
    Ok(())
}

/// A browser that is signed in, as its owner sees it in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Its id.
    pub id: SessionId,
    /// How the browser calls itself.
    pub user_agent: String,
    /// The client's address at sign-in.
    pub address: String,
    /// When somebody signed in.
    pub created_at: DateTime<Utc>,
    /// When it was last used, give or take a minute.
    pub last_seen_at: DateTime<Utc>,
}

/// Every browser in which an account is signed in, the last used first.
pub async fn list(db: &PgPool, at: DateTime<Utc>, account_id: AccountId) -> sqlx::Result<Vec<Listed>> {
    sqlx::query_as!(
        Listed,
        r#"select id as "id: SessionId", user_agent, address, created_at, last_seen_at from sessions
           where account_id = $1 and last_seen_at > $2 and created_at > $3 order by last_seen_at desc, id desc"#,
        account_id as AccountId,
        at - IDLE_LIMIT,
        at - ABSOLUTE_LIMIT,
    )
    .fetch_all(db)
    .await
}

/// Ends one of an account's sessions.
pub async fn revoke(
    db: &PgPool,
    account_id: AccountId,
    id: SessionId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let ended = sqlx::query!(
        "delete from sessions where id = $1 and account_id = $2",
        id as SessionId,
        account_id as AccountId
    )
    .execute(db)
    .await?;
    Ok(if ended.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Ends all of an account's sessions but this one.
pub async fn revoke_others(db: &PgPool, account_id: AccountId, but: SessionId) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    end_all(&mut tx, account_id, Some(but)).await?;
    tx.commit().await
}

/// The session in which something is changed that gives power over the account. It goes on under another value, so that
/// whoever had the old one has nothing.
#[derive(Debug, Clone)]
pub struct Kept {
    /// Which one.
    pub session_id: SessionId,
    /// sha256 of its new value.
    pub id_hash: IdHash,
}

/// Gives a session its new value.
pub(crate) async fn renew(tx: &mut PgTransaction<'_>, kept: &Kept) -> sqlx::Result<()> {
    sqlx::query!(
        "update sessions set id_hash = $2 where id = $1",
        kept.session_id as SessionId,
        kept.id_hash.as_slice(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets sessions that ran out; as many as one short statement does. Returns how many there were.
pub async fn prune(db: &PgPool, at: DateTime<Utc>) -> sqlx::Result<u64> {
    // Whatever was idle for so long began before that: an index over the beginning is enough, and use does not write to it.
    let pruned = sqlx::query!(
        "delete from sessions where id_hash in (
             select id_hash from sessions where created_at <= $1 and (last_seen_at <= $1 or created_at <= $2)
             order by created_at limit $3 for update skip locked)",
        at - IDLE_LIMIT,
        at - ABSOLUTE_LIMIT,
        PRUNED_AT_ONCE,
    )
    .execute(db)
    .await?;
    Ok(pruned.rows_affected())
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
