//! Mails: queued → sent · failed. What they say is the worker's business (templates/mails); what they are about is here.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgPool, PgTransaction, types::Json};
use uuid::Uuid;

use crate::{
    Cause,
    ids::{AccountId, ExportId, GenerationId, ImageId, MailId, OrderId},
    images::Outcome,
    jobs::Job,
    money::Currency,
    orders::{self, EndReason, Hold, Order},
    providers::Pause,
    tokens::{self, Purpose, TokenHash},
};

/// Where a mail stands.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum MailState {
    /// Waits for a worker.
    Queued,
    /// A mail server took it.
    Sent,
    /// It was given up; staff can see why.
    Failed,
}

/// How much of what a mail server said is kept, in characters.
const PROBLEM_MAX: usize = 500;

/// What a mail is about. Stored as `kind` and `details`: the names are read by later versions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, strum::EnumDiscriminants)]
#[serde(tag = "kind", content = "details", rename_all = "snake_case")]
#[strum_discriminants(
    name(MailKind),
    doc = "The kinds of mail, as `mails.kind` and the folder of templates name them.",
    derive(Serialize, Deserialize, sqlx::Type, strum::VariantArray, strum::IntoStaticStr),
    serde(rename_all = "snake_case"),
    strum(serialize_all = "snake_case"),
    sqlx(type_name = "text", rename_all = "snake_case")
)]
pub enum Letter {
    /// A link that proves the address of a new account.
    VerifyEmail {
        /// The path to go on to.
        next: String,
        /// The browser that asked, as the hash of its session cookie in hex.
        browser: Option<String>,
    },
    /// Somebody wanted to open a second account with this address.
    AccountExists,
    /// A link to choose a new password.
    ResetPassword,
    /// The password is another one now.
    PasswordChanged,
    /// A link that proves the address that an account wants to move to. It goes to that address.
    ConfirmNewEmail,
    /// The account wants to move to another address. It goes to the old one.
    EmailChangeAsked {
        /// The other address.
        new_email: String,
    },
    /// The account moved to another address. It goes to the old one.
    EmailChanged {
        /// The other address.
        new_email: String,
    },
    /// One-time codes were turned on or off, or new recovery codes were made.
    SecondFactorChanged {
        /// What is true now.
        on: bool,
    },
    /// Staff gave the account another role.
    RoleChanged {
        /// The new one.
        role: String,
    },
    /// The file of everything is ready.
    ExportReady {
        /// Which one.
        export_id: ExportId,
    },
    /// The account will be erased.
    ErasureScheduled {
        /// When.
        erase_at: DateTime<Utc>,
    },
    /// The account will not be erased after all.
    ErasureCalledOff,
    /// The account is gone. The last mail to this address.
    Erased,
    /// Pictures that somebody asked for are there.
    PicturesReady {
        /// Which ones.
        generation_id: GenerationId,
    },
    /// Pictures that somebody asked for do not come.
    PicturesFailed {
        /// Which ones.
        generation_id: GenerationId,
    },
    /// Staff decided about a picture that its owner wanted in the gallery.
    PictureReviewed {
        /// Which one.
        image_id: ImageId,
        /// What became of it.
        outcome: Outcome,
    },
    /// For staff: nothing is asked of a provider any more.
    ProviderPaused {
        /// Its name.
        provider: String,
        /// Why.
        pause: Pause,
        /// The provider's word for it, or the setting that is wrong.
        detail: String,
    },
    /// For staff: most of what we want to spend is spent.
    SpendingNearCap {
        /// With whom.
        provider: String,
        /// `day` or `month`.
        period: String,
        /// In millionths of a dollar.
        spent_microdollars: i64,
        /// In millionths of a dollar.
        cap_microdollars: i64,
    },
    /// For staff: so much of an account was turned down that somebody has to look at it.
    AccountInReview {
        /// Which one.
        account_id: AccountId,
    },
    /// For staff: a provider did not accept what we asked for.
    RequestRejected {
        /// Its name.
        provider: String,
        /// The provider's word for it.
        detail: String,
    },
    /// For staff: a model that we use will be gone, or is not there.
    ModelRetires {
        /// Its name.
        model: String,
        /// The setting that names it.
        setting: String,
        /// Its last day; none if it is not there.
        retires_on: Option<NaiveDate>,
    },
    /// An order is there, and its money on its way.
    OrderReceived {
        /// Which one.
        order_id: OrderId,
    },
    /// An order is paid: the receipt.
    OrderPaid {
        /// Which one.
        order_id: OrderId,
    },
    /// The money for an order did not come. It can be paid in another way.
    OrderPaymentFailed {
        /// Which one.
        order_id: OrderId,
    },
    /// An order was not paid in time. It can be resumed.
    OrderExpired {
        /// Which one.
        order_id: OrderId,
    },
    /// An order will not be made.
    OrderCalledOff {
        /// Which one.
        order_id: OrderId,
        /// Why.
        reason: EndReason,
    },
    /// Money went back.
    OrderRefunded {
        /// For which order.
        order_id: OrderId,
        /// In the currency's smallest unit.
        amount: i64,
        /// Which one.
        currency: Currency,
    },
    /// The way to an order, for somebody who asked for it.
    OrderLink {
        /// Which one.
        order_id: OrderId,
    },
    /// For staff: an order is paid otherwise than it should be.
    OrderHeld {
        /// Which one.
        order_id: OrderId,
        /// Why.
        hold: Hold,
    },
    /// For staff: a customer's bank wants money back.
    OrderDisputed {
        /// For which order.
        order_id: OrderId,
        /// In the currency's smallest unit.
        amount: i64,
        /// Which one.
        currency: Currency,
    },
    /// For staff: money that was to go back to a customer did not arrive.
    OrderRefundFailed {
        /// For which order.
        order_id: OrderId,
        /// In the currency's smallest unit.
        amount: i64,
        /// Which one.
        currency: Currency,
    },
}

impl Letter {
    /// What a link in it lets somebody do, if there is one.
    fn token_purpose(&self) -> Option<Purpose> {
        match self {
            Self::VerifyEmail { .. } => Some(Purpose::VerifyEmail),
            Self::ResetPassword => Some(Purpose::ResetPassword),
            Self::ConfirmNewEmail => Some(Purpose::ConfirmNewEmail),
            Self::AccountExists
            | Self::PasswordChanged
            | Self::EmailChangeAsked { .. }
            | Self::EmailChanged { .. }
            | Self::SecondFactorChanged { .. }
            | Self::RoleChanged { .. }
            | Self::ExportReady { .. }
            | Self::ErasureScheduled { .. }
            | Self::ErasureCalledOff
            | Self::Erased
            | Self::PicturesReady { .. }
            | Self::PicturesFailed { .. }
            | Self::PictureReviewed { .. }
            | Self::ProviderPaused { .. }
            | Self::SpendingNearCap { .. }
            | Self::AccountInReview { .. }
            | Self::RequestRejected { .. }
            | Self::ModelRetires { .. }
            | Self::OrderReceived { .. }
            | Self::OrderPaid { .. }
            | Self::OrderPaymentFailed { .. }
            | Self::OrderExpired { .. }
            | Self::OrderCalledOff { .. }
            | Self::OrderRefunded { .. }
            | Self::OrderLink { .. }
            | Self::OrderHeld { .. }
            | Self::OrderDisputed { .. }
            | Self::OrderRefundFailed { .. } => None,
        }
    }

    /// Whether it is what an address gets that nobody has proved to be theirs yet: what proves it, and what is said about an order
    /// and its money, which whoever ordered must hold in their hands (`orders/letters.rs` says what does not stand in there).
    fn goes_to_unproved(&self) -> bool {
        matches!(
            self,
            Self::VerifyEmail { .. } | Self::ResetPassword | Self::AccountExists | Self::ConfirmNewEmail
        ) || self.customers_order().is_some()
    }

    /// The order that its customer is written about.
    pub fn customers_order(&self) -> Option<OrderId> {
        self.order().filter(|_| !self.is_for_staff())
    }

    /// Whether it is about an order, and for staff.
    fn is_for_staff(&self) -> bool {
        matches!(self, Self::OrderHeld { .. } | Self::OrderDisputed { .. } | Self::OrderRefundFailed { .. })
    }

    /// The order that it is about, if it is about one.
    pub fn order(&self) -> Option<OrderId> {
        match self {
            Self::OrderReceived { order_id }
            | Self::OrderPaid { order_id }
            | Self::OrderPaymentFailed { order_id }
            | Self::OrderExpired { order_id }
            | Self::OrderCalledOff { order_id, .. }
            | Self::OrderRefunded { order_id, .. }
            | Self::OrderLink { order_id }
            | Self::OrderHeld { order_id, .. }
            | Self::OrderDisputed { order_id, .. }
            | Self::OrderRefundFailed { order_id, .. } => Some(*order_id),
            Self::VerifyEmail { .. }
            | Self::AccountExists
            | Self::ResetPassword
            | Self::PasswordChanged
            | Self::ConfirmNewEmail
            | Self::EmailChangeAsked { .. }
            | Self::EmailChanged { .. }
            | Self::SecondFactorChanged { .. }
            | Self::RoleChanged { .. }
            | Self::ExportReady { .. }
            | Self::ErasureScheduled { .. }
            | Self::ErasureCalledOff
            | Self::Erased
            | Self::PicturesReady { .. }
            | Self::PicturesFailed { .. }
            | Self::PictureReviewed { .. }
            | Self::ProviderPaused { .. }
            | Self::SpendingNearCap { .. }
            | Self::AccountInReview { .. }
            | Self::RequestRejected { .. }
            | Self::ModelRetires { .. } => None,
        }
    }

    /// Whether it can be turned off: it is news, not an answer to something that was done.
    pub fn is_news(&self) -> bool {
        matches!(
            self,
            Self::PicturesReady { .. } | Self::PicturesFailed { .. } | Self::PictureReviewed { .. }
        )
    }
}

/// A mail that is to be sent now.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Whose account it is about.
    pub account_id: Option<AccountId>,
    /// The address it goes to.
    pub recipient: String,
    /// How the account's owner wants to be called; empty if they never said. Also empty for an address that was not proved to
    /// be theirs: somebody could otherwise have us send words of their own to strangers.
    pub name: String,
    /// What it is about.
    pub letter: Letter,
    /// Whether a link with the token goes into it.
    pub has_token: bool,
    /// The order that it is about, as it is now.
    pub order: Option<Order>,
    /// What names the account in the link that turns news off, if it is news.
    pub unsubscribe_token: Option<Uuid>,
}

/// Where news about an account's pictures go; nowhere if its owner does not want them, or is not to be written to.
pub(crate) async fn news_address(
    tx: &mut PgTransaction<'_>,
    account_id: AccountId,
) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select email from accounts where id = $1 and mail_when_ready and email_verified_at is not null
         and disabled_at is null and erased_at is null",
        account_id as AccountId,
    )
    .fetch_optional(&mut **tx)
    .await
}

/// Writes a mail down and enqueues its sending. `dedupe_key` names the event: the same again is the same mail. An address that
/// was not proved yet gets only what proves it, gives it another password, or is about an order: whoever typed it may have typed
/// somebody else's.
pub(crate) async fn write(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: Option<AccountId>,
    recipient: &str,
    letter: &Letter,
    dedupe_key: &str,
) -> sqlx::Result<()> {
    let id = MailId::new(cause.at);
    let stored = serde_json::to_value(letter).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let written = sqlx::query!(
        "insert into mails (id, account_id, recipient, kind, details, dedupe_key, created_at)
         select $1, $2, $3, $4, coalesce($5, 'null'::jsonb), $6, $7
         where $8 or not exists (select from accounts where id = $2 and email_verified_at is null and erased_at is null)
         on conflict on constraint mails_dedupe_key_once do nothing",
        id as MailId,
        account_id as Option<AccountId>,
        recipient,
        MailKind::from(letter) as MailKind,
        stored.get("details"),
        dedupe_key,
        cause.at,
        letter.goes_to_unproved(),
    )
    .execute(&mut **tx)
    .await?;
    if written.rows_affected() == 1 {
        Job::SendMail { mail_id: id }.enqueue(tx, cause).await?;
    }
    Ok(())
}

/// What is to be sent, if it was not sent yet. A link that lets somebody in is made here: `token` is the hash of what the
/// worker will put into it, so that a try that got lost leaves nothing behind but a hash that runs out.
pub async fn open(
    db: &PgPool,
    cause: &Cause,
    id: MailId,
    token: &TokenHash,
) -> sqlx::Result<Option<Outgoing>> {
    let mut tx = db.begin().await?;
    let row = sqlx::query!(
        r#"select m.account_id as "account_id: AccountId", m.recipient,
                  case when a.email_verified_at is not null and lower(a.email) = lower(m.recipient) then a.name else '' end as "name!",
                  a.unsubscribe_token as "unsubscribe_token?",
                  jsonb_build_object('kind', m.kind, 'details', m.details) as "letter!: Json<Letter>"
           from mails m left join accounts a on a.id = m.account_id
           where m.id = $1 and m.state = 'queued' for update of m"#,
        id as MailId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let letter = row.letter.0;
    let order = match letter.order() {
        Some(id) => orders::read(&mut tx, id).await?,
        None => None,
    };
    // A guest has no account to sign in to, so that the link itself shows the order.
    let guests =
        letter.customers_order().filter(|_| order.as_ref().is_some_and(|order| order.account_id.is_none()));
    if let Some(id) = guests {
        orders::grant_access(&mut tx, cause, id, token).await?;
    }
    let purpose = letter.token_purpose().zip(row.account_id);
    if let Some((purpose, account_id)) = purpose {
        let (next, browser) = if let Letter::VerifyEmail { next, browser } = &letter {
            (next.as_str(), browser.as_deref())
        } else {
            ("", None)
        };
        let issued = tokens::Issued { account_id, purpose, email: &row.recipient, browser, next };
        tokens::issue(&mut tx, cause, token, &issued).await?;
    }
    tx.commit().await?;
    let unsubscribe_token = row.unsubscribe_token.filter(|_| letter.is_news());
    Ok(Some(Outgoing {
        account_id: row.account_id,
        recipient: row.recipient,
        name: row.name,
        letter,
        has_token: purpose.is_some() || guests.is_some(),
        order,
        unsubscribe_token,
    }))
}

/// A mail server took it. The last one to somebody who left is forgotten with that.
pub async fn sent(db: &PgPool, cause: &Cause, id: MailId) -> sqlx::Result<()> {
    sqlx::query!(
        "update mails set state = 'sent', sent_at = $2, recipient = case kind when 'erased' then '' else recipient end
         where id = $1 and state = 'queued'",
        id as MailId,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody will try again; `error` says why, for staff. It may name the recipient, so that of the last mail to somebody who
/// left neither is kept.
pub(crate) async fn give_up(tx: &mut PgTransaction<'_>, id: MailId, error: &str) -> sqlx::Result<()> {
    let problem: String = error.chars().take(PROBLEM_MAX).collect();
    sqlx::query!(
        "update mails set state = 'failed', problem = case kind when 'erased' then 'no mail server took it' else $2 end,
                recipient = case kind when 'erased' then '' else recipient end
         where id = $1 and state = 'queued'",
        id as MailId,
        problem,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Forgets the addresses in all mails of an account that is erased. What still waits to be sent is given up.
pub(crate) async fn forget_recipient(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"update mails
           set recipient = '', problem = case state when 'queued' then 'the account was erased before it was sent' end,
               state = case state when 'queued' then 'failed' else state end,
               details = case when kind in ('email_change_asked', 'email_changed') then '{"new_email": ""}'
                              when kind = 'verify_email' then '{"next": "", "browser": null}' else details end
           where account_id = $1"#,
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
