//! Price lists: draft → published → withdrawn. Which of the published ones counts is in [`crate::prices`].

mod changes;
mod drafts;
mod previews;
mod publishing;
mod rounding;

pub use changes::{AMOUNT_MAX, Change, ChangeError, PriceChange, change_prices, history, sheet};
use chrono::{DateTime, Utc};
pub use drafts::{CreateError, Draft, NAME_MAX, PRIORITY_MAX, ReviseError, Source, Terms, create, revise};
pub use previews::{Listed, Previewed, preview};
pub use publishing::{PublishError, delete, publish, unsold_without, withdraw};
pub use rounding::moved;
use sha2::{Digest, Sha256};
use sqlx::{PgExecutor, PgTransaction};

use crate::{ids::PriceListId, money::Currency};

/// What became of a list.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PriceListState {
    /// It is being written, and counts nowhere.
    Draft,
    /// It counts, in its time.
    Published,
    /// It does not count any more, and never will again.
    Withdrawn,
}

/// Where a list stands at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is being written.
    Draft,
    /// It is published, and its time will come.
    Scheduled,
    /// It holds.
    Running,
    /// Its time is over.
    Ended,
    /// Staff took it back.
    Withdrawn,
}

/// Prices in one currency that hold for a time.
#[derive(Debug, Clone)]
pub struct PriceList {
    /// Which one.
    pub id: PriceListId,
    /// What staff call it.
    pub name: String,
    /// In which all of its prices are.
    pub currency: Currency,
    /// What became of it.
    pub state: PriceListState,
    /// Of several that hold, the highest counts.
    pub priority: i16,
    /// From when on it holds.
    pub starts_at: DateTime<Utc>,
    /// Until when, if that is known: at this moment it does not hold any more.
    pub ends_at: Option<DateTime<Utc>>,
    /// When it was begun.
    pub created_at: DateTime<Utc>,
    /// How many variants it prices.
    pub prices: i64,
}

impl PriceList {
    /// Where it stands at a moment.
    pub fn standing(&self, at: DateTime<Utc>) -> Standing {
        match self.state {
            PriceListState::Draft => Standing::Draft,
            PriceListState::Withdrawn => Standing::Withdrawn,
            PriceListState::Published if self.starts_at > at => Standing::Scheduled,
            PriceListState::Published if self.ends_at.is_some_and(|end| end <= at) => Standing::Ended,
            PriceListState::Published => Standing::Running,
        }
    }

    /// Its name, priority and times.
    pub fn terms(&self) -> Terms {
        Terms {
            name: self.name.clone(),
            priority: self.priority,
            starts_at: self.starts_at,
            ends_at: self.ends_at,
        }
    }
}

impl Terms {
    /// Differs whenever anything of them does: whoever changes them says with it what they saw.
    pub fn fingerprint(&self) -> String {
        let Self { name, priority, starts_at, ends_at } = self;
        let end = ends_at.map(|end| end.timestamp_micros());
        let text = format!("{priority}\n{}\n{end:?}\n{name}", starts_at.timestamp_micros());
        hex::encode(&Sha256::digest(text)[..8])
    }
}

/// All of them: by currency, drafts first, then the newest.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<PriceList>> {
    sqlx::query_as!(
        PriceList,
        r#"select id as "id: PriceListId", name, currency as "currency: Currency", state as "state: PriceListState", priority,
                  starts_at, ends_at, created_at, (select count(*) from prices p where p.price_list_id = l.id) as "prices!"
           from price_lists l
           order by currency, array_position(array['draft', 'published', 'withdrawn'], state), starts_at desc, id desc"#
    )
    .fetch_all(db)
    .await
}

/// One of them.
pub async fn find(db: impl PgExecutor<'_>, id: PriceListId) -> sqlx::Result<Option<PriceList>> {
    sqlx::query_as!(
        PriceList,
        r#"select id as "id: PriceListId", name, currency as "currency: Currency", state as "state: PriceListState", priority,
                  starts_at, ends_at, created_at, (select count(*) from prices p where p.price_list_id = l.id) as "prices!"
           from price_lists l where id = $1"#,
        id as PriceListId,
    )
    .fetch_optional(db)
    .await
}

/// The list, held by this transaction: whoever else changes it or its prices waits.
async fn hold(tx: &mut PgTransaction<'_>, id: PriceListId) -> sqlx::Result<Option<PriceList>> {
    let held =
        sqlx::query_scalar!("select true from price_lists where id = $1 for update", id as PriceListId)
            .fetch_optional(&mut **tx)
            .await?;
    if held.is_none() { Ok(None) } else { find(&mut **tx, id).await }
}
