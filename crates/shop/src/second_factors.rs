//! One-time codes (RFC 6238): begun → on. Each code is good once, and so is each recovery code. Secrets come here sealed and
//! recovery codes as keyed hashes: the key is not in the database, and this module does not know it.

use chrono::{DateTime, Utc};
use sqlx::{PgPool, PgTransaction};

use crate::{
    Cause, StaleTransition,
    accounts::Role,
    ids::{AccountId, SessionId},
    mails::{self, Letter},
    sessions::{self, IdHash},
};

/// How many recovery codes there are at once.
pub const RECOVERY_CODES: usize = 10;
/// How many codes may be tried in a session before it ends (OWASP ASVS 5.0, 6.6.3, asks for a limit).
pub const TRIES: i16 = 5;

/// A keyed hash of a recovery code.
pub type CodeHash = [u8; 32];

/// How an account stands to one-time codes.
#[derive(Debug, Clone)]
pub struct Factor {
    /// What codes are checked against, sealed; nothing until a first code was given.
    pub sealed_secret: Option<Vec<u8>>,
    /// What takes its place with the first code that was made from it, sealed.
    pub pending_secret: Option<Vec<u8>>,
    /// Since when codes are asked for, if they are.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
}

/// What somebody gave, after it was found to be right for the account; whether it was used before is found out here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The code of a time step.
    Code {
        /// Seconds since 1970 in thirties (RFC 6238 §4.2).
        step: i64,
    },
    /// A recovery code.
    RecoveryCode(CodeHash),
}

/// Why codes are not turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RemovalError {
    /// Staff work with codes only.
    #[error("staff cannot turn codes off")]
    Staff,
    /// The code was used before, or codes are off already.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
}

/// How an account stands to one-time codes, if it ever began to use them.
pub async fn find(db: &PgPool, account_id: AccountId) -> sqlx::Result<Option<Factor>> {
    sqlx::query_as!(
        Factor,
        r#"select sealed_secret, pending_secret, confirmed_at,
                  (select count(*) from recovery_codes r where r.account_id = f.account_id and r.spent_at is null) as "recovery_codes_left!"
           from second_factors f where account_id = $1"#,
        account_id as AccountId,
    )
    .fetch_optional(db)
    .await
}

/// Whether a code is asked for after the password.
pub async fn is_on(db: &PgPool, account_id: AccountId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select exists (select from second_factors where account_id = $1 and confirmed_at is not null) as "on!""#,
        account_id as AccountId,
    )
    .fetch_one(db)
    .await
}

/// Begins: keeps a new secret until a code shows that an authenticator has it. One that is in use stays in use until then.
pub async fn begin(db: &PgPool, account_id: AccountId, sealed_secret: &[u8]) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into second_factors (account_id, pending_secret) values ($1, $2)
         on conflict (account_id) do update set pending_secret = excluded.pending_secret",
        account_id as AccountId,
        sealed_secret,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Turns codes on, or moves them to another authenticator, with the first code of the pending secret, whose step is given.
/// From here on there are these recovery codes alone; the session has given its code; every other session ends.
pub async fn confirm(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    session_id: SessionId,
    pending_secret: &[u8],
    step: i64,
    recovery_codes: &[CodeHash],
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let confirmed = sqlx::query!(
        "update second_factors set sealed_secret = pending_secret, pending_secret = null, last_step = $3, confirmed_at = $4
         where account_id = $1 and pending_secret = $2",
        account_id as AccountId,
        pending_secret,
        step,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if confirmed.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    replace_recovery_codes(&mut tx, account_id, recovery_codes).await?;
    code_given(&mut tx, cause, session_id, None).await?;
    sessions::end_all(&mut tx, account_id, Some(session_id)).await?;
    tell(&mut tx, cause, account_id, true).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Has codes asked for from now on, without a first code: for an account that is made at the terminal.
pub(crate) async fn install(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    sealed_secret: &[u8],
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into second_factors (account_id, sealed_secret, confirmed_at) values ($1, $2, $3)
         on conflict (account_id) do update
         set sealed_secret = excluded.sealed_secret, confirmed_at = excluded.confirmed_at, pending_secret = null, last_step = 0",
        account_id as AccountId,
        sealed_secret,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    replace_recovery_codes(tx, account_id, &[]).await
}

/// Takes one of the tries of a session, before the code is looked at: who asks many times at once has no more of them. Gives
/// how many are left.
pub async fn take_try(db: &PgPool, session_id: SessionId) -> sqlx::Result<Result<i16, StaleTransition>> {
    let taken = sqlx::query_scalar!(
        "update sessions set code_tries = code_tries + 1 where id = $1 and code_tries < $2 returning code_tries",
        session_id as SessionId,
        TRIES,
    )
    .fetch_optional(db)
    .await?;
    Ok(taken.map(|taken| TRIES - taken).ok_or(StaleTransition))
}

/// Uses a code up, and has the session go on as one whose person is there. After the password, the session also gets a new
/// value: whoever knew the one from before is nobody.
pub async fn give(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    session_id: SessionId,
    proof: Proof,
    renewed: Option<&IdHash>,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    if let Err(stale) = spend(&mut tx, cause, account_id, proof).await? {
        return Ok(Err(stale));
    }
    code_given(&mut tx, cause, session_id, renewed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Makes other recovery codes; those from before are good no more.
pub async fn renew_recovery_codes(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    recovery_codes: &[CodeHash],
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let on = sqlx::query!(
        "select account_id from second_factors where account_id = $1 and confirmed_at is not null for update",
        account_id as AccountId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if on.is_none() {
        return Ok(Err(StaleTransition));
    }
    replace_recovery_codes(&mut tx, account_id, recovery_codes).await?;
    tell(&mut tx, cause, account_id, true).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Turns codes off, against one more code.
pub async fn remove(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    proof: Proof,
) -> sqlx::Result<Result<(), RemovalError>> {
    let mut tx = db.begin().await?;
    let role = sqlx::query_scalar!(
        r#"select role as "role: Role" from accounts where id = $1 for update"#,
        account_id as AccountId,
    )
    .fetch_one(&mut *tx)
    .await?;
    if role.is_staff() {
        return Ok(Err(RemovalError::Staff));
    }
    if let Err(stale) = spend(&mut tx, cause, account_id, proof).await? {
        return Ok(Err(stale.into()));
    }
    sqlx::query!("delete from second_factors where account_id = $1", account_id as AccountId)
        .execute(&mut *tx)
        .await?;
    // If codes are turned on again, no session has given one of the new ones.
    sqlx::query!(
        "update sessions set second_factor_at = null where account_id = $1",
        account_id as AccountId
    )
    .execute(&mut *tx)
    .await?;
    tell(&mut tx, cause, account_id, false).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Two at once: one of them gets it.
async fn spend(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    proof: Proof,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let spent = match proof {
        Proof::Code { step } => {
            sqlx::query!(
                "update second_factors set last_step = $2
                 where account_id = $1 and last_step < $2 and confirmed_at is not null",
                account_id as AccountId,
                step,
            )
            .execute(&mut **tx)
            .await?
        }
        Proof::RecoveryCode(hash) => {
            sqlx::query!(
                "update recovery_codes set spent_at = $3 where account_id = $1 and code_hash = $2 and spent_at is null",
                account_id as AccountId,
                hash.as_slice(),
                cause.at,
            )
            .execute(&mut **tx)
            .await?
        }
    };
    Ok(if spent.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

async fn code_given(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    session_id: SessionId,
    renewed: Option<&IdHash>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update sessions set second_factor_at = $2, confirmed_at = $2, code_tries = 0, id_hash = coalesce($3, id_hash) where id = $1",
        session_id as SessionId,
        cause.at,
        renewed.map(IdHash::as_slice),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn replace_recovery_codes(
    tx: &mut PgTransaction<'_>,
    account_id: AccountId,
    hashes: &[CodeHash],
) -> sqlx::Result<()> {
    sqlx::query!("delete from recovery_codes where account_id = $1", account_id as AccountId)
        .execute(&mut **tx)
        .await?;
    let hashes: Vec<Vec<u8>> = hashes.iter().map(|hash| hash.to_vec()).collect();
    sqlx::query!(
        "insert into recovery_codes (account_id, code_hash) select $1, unnest($2::bytea[])",
        account_id as AccountId,
        &hashes,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    on: bool,
) -> sqlx::Result<()> {
    let email = sqlx::query_scalar!("select email from accounts where id = $1", account_id as AccountId)
        .fetch_one(&mut **tx)
        .await?;
    let event = format!("second_factor_changed:{account_id}:{}", cause.at.timestamp_micros());
    mails::write(tx, cause, Some(account_id), &email, &Letter::SecondFactorChanged { on }, &event).await
}
