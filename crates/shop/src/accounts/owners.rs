//! Owners: the first is made at the terminal, and the last one stays.

use serde_json::json;
use sqlx::{PgPool, PgTransaction};

use super::Role;
use crate::{
    Cause,
    audit::{self, Actor, Deed},
    ids::AccountId,
    second_factors, sessions, violated_constraint,
};

/// An owner as the operator at the terminal wants one.
#[derive(Debug, Clone, Copy)]
pub struct NewOwner<'a> {
    /// Whose account it is. If there is none with this address, one is opened.
    pub email: &'a str,
    /// Argon2id in PHC string format. It takes the place of the one that an account had: whoever opened that may have been
    /// anybody.
    pub password_hash: &'a str,
    /// Also if there is an owner already.
    pub another: bool,
}

/// Why there is no new owner.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    /// There is one, and another was not asked for.
    #[error("there is an owner already")]
    ThereIsOne,
    /// Staff shut it.
    #[error("the account with this address is closed")]
    Closed,
    /// It is not an address.
    #[error("this is no e-mail address")]
    EmailMalformed,
    /// The secret for one-time codes could not be sealed.
    #[error(transparent)]
    Seal(Box<dyn std::error::Error + Send + Sync>),
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Makes an owner, verified, signed out everywhere. `seal` is given the account's id and makes the sealed secret for one-time
/// codes, if there is to be one from the beginning.
pub async fn make<S: FnOnce(AccountId) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>>>(
    db: &PgPool,
    cause: &Cause,
    wanted: NewOwner<'_>,
    seal: Option<S>,
) -> Result<AccountId, OwnerError> {
    let mut tx = db.begin().await?;
    // Two operators at once: the second sees what the first did.
    sqlx::query!("lock table accounts in share row exclusive mode").execute(&mut *tx).await?;
    let there_is_one = sqlx::query_scalar!(
        r#"select exists (select from accounts where role = $1 and disabled_at is null and erased_at is null) as "there_is_one!""#,
        Role::Owner as Role,
    )
    .fetch_one(&mut *tx)
    .await?;
    if there_is_one && !wanted.another {
        return Err(OwnerError::ThereIsOne);
    }
    let before = sqlx::query!(
        r#"select id as "id: AccountId", role as "role: Role", disabled_at is not null as "is_closed!"
           from accounts where lower(email) = lower($1)"#,
        wanted.email,
    )
    .fetch_optional(&mut *tx)
    .await?;
    if before.as_ref().is_some_and(|before| before.is_closed) {
        return Err(OwnerError::Closed);
    }
    let id = before.as_ref().map_or_else(|| AccountId::new(cause.at), |before| before.id);
    sqlx::query!(
        "insert into accounts (id, email, password_hash, role, email_verified_at, created_at) values ($1, $2, $3, $4, $5, $5)
         on conflict (id) do update set password_hash = excluded.password_hash, role = excluded.role, erase_at = null,
             email_verified_at = coalesce(accounts.email_verified_at, excluded.email_verified_at)",
        id as AccountId,
        wanted.email,
        wanted.password_hash,
        Role::Owner as Role,
        cause.at,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| match violated_constraint(&error) {
        Some("accounts_email_shape") => OwnerError::EmailMalformed,
        _ => OwnerError::Database(error),
    })?;
    sessions::end_all(&mut tx, id, None).await?;
    let with_second_factor = seal.is_some();
    if let Some(seal) = seal {
        let sealed = seal(id).map_err(OwnerError::Seal)?;
        second_factors::install(&mut tx, cause, id, &sealed).await?;
    }
    let subject_id = id.to_string();
    let deed = Deed {
        action: "owner.make",
        subject_kind: "account",
        subject_id: &subject_id,
        before: before.map(|before| json!({ "role": before.role })),
        after: Some(json!({ "role": Role::Owner, "second_factor": with_second_factor })),
    };
    let operator = Actor { account_id: None, client_address: String::new() };
    audit::record(&mut tx, cause, &operator, &deed).await?;
    tx.commit().await?;
    Ok(id)
}

/// Whether this is the only owner who can still do something. Holds all owners until the transaction ends, so that no two of
/// them go at once.
pub(crate) async fn is_last(tx: &mut PgTransaction<'_>, id: AccountId) -> sqlx::Result<bool> {
    let owners = sqlx::query_scalar!(
        r#"select id as "id: AccountId" from accounts
           where role = $1 and disabled_at is null and erased_at is null order by id for update"#,
        Role::Owner as Role,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(owners == [id])
}
