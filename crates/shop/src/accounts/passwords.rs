//! Another password: by who knows the old one, or by a link to the account's address.

use sqlx::{PgPool, PgTransaction};

use super::addressee;
use crate::{
    Cause, StaleTransition, credits,
    ids::AccountId,
    mails::{self, Letter},
    sessions::{self, Kept},
    tokens::{self, Purpose, TokenHash},
};

/// Writes the mail with a link to choose a new password, at most once a minute, if there is such an account. Whoever asks does
/// not learn that.
pub async fn ask_password_reset(db: &PgPool, cause: &Cause, email: &str) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let Some(account) = addressee(&mut tx, email).await? else { return Ok(()) };
    let event = format!("reset-password:{}:{}", account.id, cause.at.format("%FT%R"));
    mails::write(&mut tx, cause, Some(account.id), &account.email, &Letter::ResetPassword, &event).await?;
    tx.commit().await
}

/// Gives an account a new password by a link in a mail, which proves its address too. Every session ends, and every other link:
/// whoever knew the old password may have asked for one.
pub async fn reset_password(
    db: &PgPool,
    cause: &Cause,
    token: &TokenHash,
    password_hash: &str,
    welcome: i32,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let Some(token) = tokens::spend(&mut tx, cause, Purpose::ResetPassword, token).await? else {
        return Ok(Err(StaleTransition));
    };
    forget_squatter(&mut tx, token.account_id).await?;
    let reset = sqlx::query_scalar!(
        "update accounts set password_hash = $3, email_verified_at = coalesce(email_verified_at, $4)
         where id = $1 and lower(email) = lower($2) and disabled_at is null and erased_at is null returning email",
        token.account_id as AccountId,
        token.email,
        password_hash,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(email) = reset else { return Ok(Err(StaleTransition)) };
    credits::welcome(&mut tx, cause, token.account_id, welcome).await?;
    tokens::spend_all(&mut tx, cause, Purpose::VerifyEmail, token.account_id).await?;
    changed(&mut tx, cause, token.account_id, &email).await?;
    sessions::end_all(&mut tx, token.account_id, None).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Takes everything out of an account whose address was never proved: whoever opened it may be somebody else than whom the
/// address belongs to, and must not have left codes to be asked for, nor an address to send parcels to.
pub(crate) async fn forget_squatter(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    let unproved = sqlx::query_scalar!(
        "update accounts set name = '' where id = $1 and email_verified_at is null returning true as unproved",
        account_id as AccountId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if unproved.is_some() {
        for statement in [
            sqlx::query!("delete from second_factors where account_id = $1", account_id as AccountId),
            sqlx::query!("delete from addresses where account_id = $1", account_id as AccountId),
        ] {
            statement.execute(&mut **tx).await?;
        }
    }
    Ok(())
}

/// Gives an account a new password in place of the one that was checked, whose hash is `old_hash`: if that is not the account's
/// any more, somebody else was faster. The session goes on under its new value, all others end.
pub async fn change_password(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    kept: &Kept,
    old_hash: &str,
    new_hash: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let email = sqlx::query_scalar!(
        "update accounts set password_hash = $3 where id = $1 and password_hash = $2 returning email",
        account_id as AccountId,
        old_hash,
        new_hash,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(email) = email else { return Ok(Err(StaleTransition)) };
    changed(&mut tx, cause, account_id, &email).await?;
    sessions::end_all(&mut tx, account_id, Some(kept.session_id)).await?;
    sessions::renew(&mut tx, kept).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// What follows from a new password, whoever chose it.
async fn changed(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
    email: &str,
) -> sqlx::Result<()> {
    for purpose in [Purpose::ResetPassword, Purpose::ConfirmNewEmail] {
        tokens::spend_all(tx, cause, purpose, account_id).await?;
    }
    let event = format!("password-changed:{account_id}:{}", cause.at.timestamp_micros());
    mails::write(tx, cause, Some(account_id), email, &Letter::PasswordChanged, &event).await
}
