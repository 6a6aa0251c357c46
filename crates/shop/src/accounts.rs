//! People who can sign in.

pub mod closures;
mod emails;
mod erasure;
mod news;
mod opening;
pub mod owners;
mod passwords;
mod profiles;
pub mod roles;

use serde::Serialize;
use sqlx::{PgPool, PgTransaction};

pub use emails::{ConfirmError, ask_email_change, confirm_email};
pub(crate) use erasure::give_up as give_up_erasure;
pub use erasure::{Erasure, ErasureError, REGRET, call_off_erasure, erase, retry_erasure, schedule_erasure};
pub use news::{turn_news_off, wants_news};
pub use opening::{NewAccount, OpenError, open, send_verification, verify};
pub use passwords::{ask_password_reset, change_password, reset_password};
pub use profiles::{NAME_MAX, NameError, Profile, change_profile, check_name, profile};

use crate::ids::AccountId;

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
    /// Sees whether the providers draw, and what they cost.
    SeeProviders,
    /// Pauses providers, and has them tried again.
    SteerProviders,
    /// Reads sentences that were turned down, and has the last word on them.
    JudgeStrikes,
    /// Says which words are not drawn.
    ChangeBlocklist,
    /// Gives credits, and takes them away.
    GiveCredits,
    /// Looks orders up, with what was paid for them.
    SeeOrders,
    /// Decides about orders whose payment is not what it should be.
    SettleHolds,
    /// Says what things cost, and from when to when.
    ChangePrices,
    /// Hands out coupons, and takes them back.
    ChangeCoupons,
}

impl Duty {
    /// Whether the person must have proved to be there a moment ago: what gives power or moves money.
    pub fn needs_step_up(self) -> bool {
        match self {
            Self::ShutAccounts | Self::ChangeRoles | Self::GiveCredits | Self::SettleHolds => true,
            Self::EnterOffice
            | Self::SeeAccounts
            | Self::SeeMails
            | Self::SeeAudit
            | Self::ReviewPictures
            | Self::SeeProviders
            | Self::SteerProviders
            | Self::JudgeStrikes
            | Self::ChangeBlocklist
            | Self::SeeOrders
            | Self::ChangePrices
            | Self::ChangeCoupons => false,
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
            Duty::EnterOffice | Duty::SeeOrders => self != Self::Customer,
            Duty::SeeAccounts | Duty::SeeMails | Duty::ReviewPictures | Duty::JudgeStrikes => {
                matches!(self, Self::Support | Self::Manager | Self::Owner)
            }
            Duty::SeeProviders => matches!(self, Self::Production | Self::Manager | Self::Owner),
            Duty::ShutAccounts
            | Duty::SeeAudit
            | Duty::SteerProviders
            | Duty::ChangeBlocklist
            | Duty::GiveCredits
            | Duty::SettleHolds
            | Duty::ChangePrices
            | Duty::ChangeCoupons => matches!(self, Self::Manager | Self::Owner),
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

/// Longest e-mail address in characters (RFC 5321 §4.5.3.1.3 less the angle brackets; `accounts_email_shape`).
pub const EMAIL_MAX: usize = 254;

/// What is needed to check a password, if there is such an account.
pub async fn credentials(db: &PgPool, email: &str) -> sqlx::Result<Option<Credentials>> {
    sqlx::query_as!(
        Credentials,
        r#"select id as "account_id: AccountId", password_hash, disabled_at is not null as "is_closed!"
           from accounts where lower(email) = lower($1) and erased_at is null"#,
        email,
    )
    .fetch_optional(db)
    .await
}

/// The hash of an account's password, for somebody who is signed in and is asked for it again.
pub async fn password_hash(db: &PgPool, id: AccountId) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!("select password_hash from accounts where id = $1", id as AccountId)
        .fetch_optional(db)
        .await
}

/// Whom a mail about an account goes to.
struct Addressee {
    id: AccountId,
    email: String,
    is_verified: bool,
}

/// The account of an address, unless it is shut or erased: those get no mail.
async fn addressee(tx: &mut PgTransaction<'_>, email: &str) -> sqlx::Result<Option<Addressee>> {
    sqlx::query_as!(
        Addressee,
        r#"select id as "id: AccountId", email, email_verified_at is not null as "is_verified!"
           from accounts where lower(email) = lower($1) and disabled_at is null and erased_at is null"#,
        email,
    )
    .fetch_optional(&mut **tx)
    .await
}
