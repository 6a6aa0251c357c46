//! How somebody wants to be called, and what they want to be told.

use sqlx::PgPool;

use crate::ids::AccountId;

/// Longest name in characters; `accounts_name_length`.
pub const NAME_MAX: usize = 100;

/// What an account's owner says of themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    /// How they want to be called; empty if they never said.
    pub name: String,
    /// Whether they want a mail when pictures that they asked for are there.
    pub mail_when_ready: bool,
}

/// Why a name is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// More than [`NAME_MAX`] characters.
    #[error("the name is too long")]
    TooLong,
    /// A character that cannot be written on an envelope.
    #[error("the name has a control character")]
    Control,
}

/// A name as it is kept. It may be empty.
pub fn check_name(typed: &str) -> Result<&str, NameError> {
    let name = typed.trim();
    if name.chars().any(char::is_control) {
        return Err(NameError::Control);
    }
    if name.chars().count() > NAME_MAX { Err(NameError::TooLong) } else { Ok(name) }
}

/// What an account's owner said.
pub async fn profile(db: &PgPool, id: AccountId) -> sqlx::Result<Profile> {
    sqlx::query_as!(Profile, "select name, mail_when_ready from accounts where id = $1", id as AccountId)
        .fetch_one(db)
        .await
}

/// Writes down what an account's owner says.
pub async fn change_profile(db: &PgPool, id: AccountId, profile: &Profile) -> sqlx::Result<()> {
    sqlx::query!(
        "update accounts set name = $2, mail_when_ready = $3 where id = $1",
        id as AccountId,
        profile.name,
        profile.mail_when_ready,
    )
    .execute(db)
    .await?;
    Ok(())
}
