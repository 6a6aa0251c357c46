//! What staff are told by mail because it needs a person.

use chrono::NaiveDate;
use sqlx::PgTransaction;

use crate::{
    Cause,
    accounts::Role,
    ids::{AccountId, OrderId},
    mails::{self, Letter},
    money::Currency,
    orders::Hold,
    providers::Pause,
};

/// Something that needs a person.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Alert<'a> {
    /// Nothing is asked of a provider any more.
    ProviderPaused {
        /// Its name.
        provider: &'a str,
        /// Why.
        pause: Pause,
        /// The provider's word for it, or the setting that is wrong.
        detail: &'a str,
    },
    /// Most of what we want to spend is spent.
    SpendingNearCap {
        /// With whom.
        provider: &'a str,
        /// `day` or `month`.
        period: &'a str,
        /// In millionths of a dollar.
        spent: i64,
        /// In millionths of a dollar.
        cap: i64,
    },
    /// So much of an account was turned down that staff have to look at it.
    AccountInReview {
        /// Which one.
        account_id: AccountId,
    },
    /// A provider did not accept what we asked for.
    RequestRejected {
        /// Its name.
        provider: &'a str,
        /// The provider's word for it.
        detail: &'a str,
    },
    /// A model that we use will be gone, or is not there.
    ModelRetires {
        /// Its name.
        model: &'a str,
        /// The setting that names it.
        setting: &'a str,
        /// Its last day; none if it is not there.
        retires_on: Option<NaiveDate>,
    },
    /// An order is paid otherwise than it should be, and nothing is printed until somebody has looked.
    OrderHeld {
        /// Which one.
        order_id: OrderId,
        /// Why.
        hold: Hold,
    },
    /// A customer's bank wants money back.
    OrderDisputed {
        /// For which order.
        order_id: OrderId,
        /// In the currency's smallest unit.
        amount: i64,
        /// Which one.
        currency: Currency,
    },
    /// Money that was to go back to a customer did not arrive.
    RefundFailed {
        /// For which order.
        order_id: OrderId,
        /// In the currency's smallest unit.
        amount: i64,
        /// Which one.
        currency: Currency,
    },
}

/// Mails every manager and owner, once for a key.
pub(crate) async fn tell(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    alert: &Alert<'_>,
    key: &str,
) -> sqlx::Result<()> {
    let letter = match *alert {
        Alert::ProviderPaused { provider, pause, detail } => {
            Letter::ProviderPaused { provider: provider.to_owned(), pause, detail: detail.to_owned() }
        }
        Alert::SpendingNearCap { provider, period, spent, cap } => Letter::SpendingNearCap {
            provider: provider.to_owned(),
            period: period.to_owned(),
            spent_microdollars: spent,
            cap_microdollars: cap,
        },
        Alert::AccountInReview { account_id } => Letter::AccountInReview { account_id },
        Alert::RequestRejected { provider, detail } => {
            Letter::RequestRejected { provider: provider.to_owned(), detail: detail.to_owned() }
        }
        Alert::ModelRetires { model, setting, retires_on } => {
            Letter::ModelRetires { model: model.to_owned(), setting: setting.to_owned(), retires_on }
        }
        Alert::OrderHeld { order_id, hold } => Letter::OrderHeld { order_id, hold },
        Alert::OrderDisputed { order_id, amount, currency } => {
            Letter::OrderDisputed { order_id, amount, currency }
        }
        Alert::RefundFailed { order_id, amount, currency } => {
            Letter::OrderRefundFailed { order_id, amount, currency }
        }
    };
    let staff = sqlx::query!(
        r#"select id as "id: AccountId", email from accounts
           where role in ($1, $2) and disabled_at is null and erased_at is null order by id"#,
        Role::Manager as Role,
        Role::Owner as Role,
    )
    .fetch_all(&mut **tx)
    .await?;
    for member in staff {
        mails::write(tx, cause, Some(member.id), &member.email, &letter, &format!("{key}:{}", member.id))
            .await?;
    }
    Ok(())
}
