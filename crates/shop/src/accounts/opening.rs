//! From an address that nobody knows to one that is proved to be its owner's.

use sqlx::PgPool;

use super::addressee;
use crate::{
    Cause, credits,
    ids::AccountId,
    mails::{self, Letter},
    sessions::IdHash,
    tokens::{self, Purpose, Token, TokenHash},
    violated_constraint,
};

/// Somebody who signs up.
#[derive(Debug, Clone, Copy)]
pub struct NewAccount<'a> {
    /// Their address, as they want it to be written.
    pub email: &'a str,
    /// Argon2id in PHC string format.
    pub password_hash: &'a str,
    /// The path to go on to once the address is verified; empty if there is none.
    pub next: &'a str,
    /// The browser that they sign up in: there, the link in the mail alone is enough.
    pub browser: Option<&'a IdHash>,
}

/// Why no account was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// It is not an address.
    #[error("this is no e-mail address")]
    EmailMalformed,
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Opens an account whose address is still to be proved, and writes the mail with the link. If the address has one already,
/// nothing changes but that its owner is told, once a day: whoever asks learns neither.
pub async fn open(db: &PgPool, cause: &Cause, new: &NewAccount<'_>) -> Result<(), OpenError> {
    let id = AccountId::new(cause.at);
    let mut tx = db.begin().await?;
    let inserted = sqlx::query!(
        "insert into accounts (id, email, password_hash, created_at) values ($1, $2, $3, $4) on conflict (lower(email)) do nothing",
        id as AccountId,
        new.email,
        new.password_hash,
        cause.at,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| match violated_constraint(&error) {
        Some("accounts_email_shape") => OpenError::EmailMalformed,
        _ => OpenError::Database(error),
    })?;
    if inserted.rows_affected() == 1 {
        let letter = Letter::VerifyEmail { next: new.next.to_owned(), browser: new.browser.map(hex::encode) };
        let event = format!("verify-email:{id}");
        mails::write(&mut tx, cause, Some(id), new.email, &letter, &event).await?;
    } else {
        tell_owner(&mut tx, cause, new.email).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Tells the owner of an address, once a day, that somebody wanted to use it for another account.
pub(super) async fn tell_owner(
    tx: &mut sqlx::PgTransaction<'_>,
    cause: &Cause,
    email: &str,
) -> sqlx::Result<()> {
    if let Some(account) = addressee(tx, email).await? {
        let event = format!("account-exists:{}:{}", account.id, cause.at.format("%F"));
        mails::write(tx, cause, Some(account.id), &account.email, &Letter::AccountExists, &event).await?;
    }
    Ok(())
}

/// Writes the mail with the link once more, at most once a minute, if there is such an account and its address is not
/// verified yet. Whoever asks does not learn that.
///
/// The browser is remembered only if the account was opened in it. Otherwise somebody who finds that a stranger has opened an
/// account with their address, and asks for the mail again, would verify the stranger's account without knowing its password.
pub async fn send_verification(
    db: &PgPool,
    cause: &Cause,
    email: &str,
    next: &str,
    browser: Option<&IdHash>,
) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let Some(account) = addressee(&mut tx, email).await?.filter(|account| !account.is_verified) else {
        return Ok(());
    };
    let browser = match browser.map(hex::encode) {
        Some(browser) => {
            let opened_it = sqlx::query_scalar!(
                r#"select exists (select from mails where account_id = $1 and kind = 'verify_email' and details ->> 'browser' = $2) as "opened_it!""#,
                account.id as AccountId,
                browser,
            )
            .fetch_one(&mut *tx)
            .await?;
            opened_it.then_some(browser)
        }
        None => None,
    };
    let letter = Letter::VerifyEmail { next: next.to_owned(), browser };
    let event = format!("verify-email:{}:{}", account.id, cause.at.format("%FT%R"));
    mails::write(&mut tx, cause, Some(account.id), &account.email, &letter, &event).await?;
    tx.commit().await
}

/// Uses a link up that proves the address of an account. Nothing if the link is not good, or not for that address any more.
/// An account is welcomed with credits the first time that its address is proved, by this or any other link.
pub async fn verify(
    db: &PgPool,
    cause: &Cause,
    token: &TokenHash,
    welcome: i32,
) -> sqlx::Result<Option<Token>> {
    let mut tx = db.begin().await?;
    let Some(token) = tokens::spend(&mut tx, cause, Purpose::VerifyEmail, token).await? else {
        return Ok(None);
    };
    let verified = sqlx::query!(
        "update accounts set email_verified_at = $3
         where id = $1 and lower(email) = lower($2) and email_verified_at is null and disabled_at is null and erased_at is null",
        token.account_id as AccountId,
        token.email,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if verified.rows_affected() == 0 {
        return Ok(None);
    }
    credits::welcome(&mut tx, cause, token.account_id, welcome).await?;
    tx.commit().await?;
    Ok(Some(token))
}
