//! Another e-mail address: asked for by who knows the password, made true by a link to the new address.

use sqlx::PgPool;

use super::opening::tell_owner;
use crate::{
    Cause, credits,
    ids::AccountId,
    mails::{self, Letter},
    sessions::{self, Kept},
    tokens::{self, Purpose, TokenHash},
    violated_constraint,
};

/// Writes a mail with a link to the new address and a notice to the one that the account has. If the
/// new address has an account already, its owner is told instead: whoever asks does not learn that.
pub async fn ask_email_change(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    new_email: &str,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let email = sqlx::query_scalar!("select email from accounts where id = $1", account_id as AccountId)
        .fetch_one(&mut *tx)
        .await?;
    let taken = sqlx::query_scalar!(
        r#"select exists (select from accounts where lower(email) = lower($1)) as "taken!""#,
        new_email
    )
    .fetch_one(&mut *tx)
    .await?;
    let moment = cause.at.timestamp_micros();
    if taken {
        tell_owner(&mut tx, cause, new_email).await?;
    } else {
        let event = format!("confirm-new-email:{account_id}:{moment}");
        mails::write(&mut tx, cause, Some(account_id), new_email, &Letter::ConfirmNewEmail, &event).await?;
    }
    let letter = Letter::EmailChangeAsked { new_email: new_email.to_owned() };
    let event = format!("email-change-asked:{account_id}:{moment}");
    mails::write(&mut tx, cause, Some(account_id), &email, &letter, &event).await?;
    tx.commit().await
}

/// Why an account did not move to its new address.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The link was used, ran out, or is for another account.
    #[error("the link is not good any more")]
    Spent,
    /// Meanwhile somebody opened an account with this address.
    #[error("an account with this address exists")]
    EmailTaken,
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Moves an account to the address that the link was sent to, and tells the old one. The session goes on under its new value,
/// all others end, and so does every link to the old address. Only who is signed in does it: a link that went to a mistyped
/// address gives a stranger nothing.
pub async fn confirm_email(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    kept: &Kept,
    token: &TokenHash,
    welcome: i32,
) -> Result<(), ConfirmError> {
    let mut tx = db.begin().await?;
    let spent = tokens::spend(&mut tx, cause, Purpose::ConfirmNewEmail, token).await?;
    let Some(token) = spent.filter(|token| token.account_id == account_id) else {
        return Err(ConfirmError::Spent);
    };
    let old = sqlx::query_scalar!(
        "select email from accounts where id = $1 for no key update",
        account_id as AccountId
    )
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query!(
        "update accounts set email = $2, email_verified_at = $3 where id = $1",
        account_id as AccountId,
        token.email,
        cause.at,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| match violated_constraint(&error) {
        Some("accounts_email_taken") => ConfirmError::EmailTaken,
        _ => ConfirmError::Database(error),
    })?;
    credits::welcome(&mut tx, cause, account_id, welcome).await?;
    for purpose in [Purpose::VerifyEmail, Purpose::ResetPassword] {
        tokens::spend_all(&mut tx, cause, purpose, account_id).await?;
    }
    sessions::end_all(&mut tx, account_id, Some(kept.session_id)).await?;
    sessions::renew(&mut tx, kept).await?;
    let letter = Letter::EmailChanged { new_email: token.email };
    let event = format!("email-changed:{account_id}:{}", cause.at.timestamp_micros());
    mails::write(&mut tx, cause, Some(account_id), &old, &letter, &event).await?;
    tx.commit().await?;
    Ok(())
}
