//! People who can sign in.

pub mod closures;
pub mod owners;
pub mod roles;

use serde::Serialize;
use sqlx::PgPool;

use crate::{Cause, ids::AccountId, violated_constraint};

/// What an account may do.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Role {
    /// Buys.
    Customer,
    /// Answers customers.
    Support,
    /// Prints and packs.
    Production,
    /// Sets prices.
    Manager,
    /// Gives and takes roles.
    Owner,
}

/// Something that some of the staff do, and nobody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub enum Duty {
    /// Sees that there is an office at all.
    EnterOffice,
    /// Looks accounts up.
    SeeAccounts,
    /// Shuts accounts and opens them again.
    ShutAccounts,
    /// Gives and takes roles.
    ChangeRoles,
    /// Reads which mails were sent to whom.
    SeeMails,
    /// Reads what staff did.
    SeeAudit,
    /// Decides what hangs in the gallery.
    ReviewPictures,
}

impl Duty {
    /// Whether the person must have proved to be there a moment ago: what gives power or moves money.
    pub fn needs_step_up(self) -> bool {
        match self {
            Self::ShutAccounts | Self::ChangeRoles => true,
            Self::EnterOffice
            | Self::SeeAccounts
            | Self::SeeMails
            | Self::SeeAudit
            | Self::ReviewPictures => false,
        }
    }
}

impl Role {
    /// Whether somebody with this role works for the shop.
    pub fn is_staff(self) -> bool {
        self.may(Duty::EnterOffice)
    }

    /// Whether somebody with this role does that.
    pub fn may(self, duty: Duty) -> bool {
        match duty {
            Duty::EnterOffice => self != Self::Customer,
            Duty::SeeAccounts | Duty::SeeMails | Duty::ReviewPictures => {
                matches!(self, Self::Support | Self::Manager | Self::Owner)
            }
            Duty::ShutAccounts | Duty::SeeAudit => matches!(self, Self::Manager | Self::Owner),
            Duty::ChangeRoles => self == Self::Owner,
        }
    }
}

/// An account, as far as signing in needs it.
#[derive(Debug)]
pub struct Credentials {
    /// Whose they are.
    pub account_id: AccountId,
    /// Argon2id in PHC string format.
    pub password_hash: String,
    /// Whether staff shut it.
    pub is_closed: bool,
}

/// Why no account was opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Somebody has it already, perhaps with other capitals.
    #[error("an account with this address exists")]
    EmailTaken,
    /// It is not an address.
    #[error("this is no e-mail address")]
    EmailMalformed,
    /// The database did not answer as it should.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// Longest e-mail address in characters (RFC 5321 §4.5.3.1.3 less the angle brackets; `accounts_email_shape`).
pub const EMAIL_MAX: usize = 254;

/// Opens an account for an address, with a password that was hashed already.
pub async fn open(
    db: &PgPool,
    cause: &Cause,
    email: &str,
    password_hash: &str,
) -> Result<AccountId, OpenError> {
    let id = AccountId::new(cause.at);
    sqlx::query!(
        "insert into accounts (id, email, password_hash, created_at) values ($1, $2, $3, $4)",
        id as AccountId,
        email,
        password_hash,
        cause.at,
    )
    .execute(db)
    .await
    .map_err(|error| match violated_constraint(&error) {
        Some("accounts_email_taken") => OpenError::EmailTaken,
        Some("accounts_email_shape") => OpenError::EmailMalformed,
        _ => OpenError::Database(error),
    })?;
    Ok(id)
}

/// What is needed to check a password, if there is such an account.
pub async fn credentials(db: &PgPool, email: &str) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"select id as "account_id: AccountId", password_hash, disabled_at is not null as "is_closed!"
           from accounts where lower(email) = lower($1)"#,
        email,
    )
    .fetch_optional(db)
    .await
}
