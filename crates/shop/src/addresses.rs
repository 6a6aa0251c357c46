//! Where parcels go: an account's address book.

mod checking;
mod countries;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use sqlx::{PgPool, PgTransaction};

pub use checking::{Place, Reason, Texts, Wrong, check};
pub use countries::{Country, Region};

use crate::{
    Cause, StaleTransition,
    ids::{AccountId, AddressId},
};

/// Most addresses of one account.
pub const ADDRESSES_MAX: i64 = 20;

/// A part of an address. The names are those of columns, of fields in forms and in `countries.json`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, strum::IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Field {
    /// ISO 3166-1 alpha-2.
    Country,
    /// Who receives the parcel.
    Name,
    /// Where they work.
    Company,
    /// Street and number.
    Line1,
    /// More of it.
    Line2,
    /// The town.
    City,
    /// State, province, prefecture.
    Region,
    /// ZIP, PIN, Eircode.
    Postcode,
    /// For the carrier.
    Phone,
}

impl Field {
    /// Its name in forms.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Most characters that it may have; the CHECKs in `migrations/0007_addresses.sql`.
    pub fn longest(self) -> usize {
        match self {
            Self::Country => 2,
            Self::Name | Self::Company | Self::Line1 | Self::Line2 | Self::City | Self::Region => 100,
            Self::Postcode => 20,
            Self::Phone => 30,
        }
    }
}

/// An address as it is kept.
#[derive(Debug, Clone)]
pub struct Address {
    /// Its id.
    pub id: AddressId,
    /// What it says.
    pub texts: Texts,
    /// Whether parcels go there unless another one is chosen.
    pub is_default: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
}

impl Address {
    /// As it is written on a parcel, a line each.
    pub fn lines(&self) -> Vec<String> {
        self.texts.lines()
    }
}

/// The address book is full: it has [`ADDRESSES_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address book is full")]
pub struct Full;

/// An account's addresses, the default one first, then the newest.
pub async fn list(db: &PgPool, account_id: AccountId) -> sqlx::Result<Vec<Address>> {
    let rows = sqlx::query!(
        r#"select id as "id: AddressId", name, company, line1, line2, city, region, postcode, country, phone, is_default, created_at
           from addresses where account_id = $1 order by is_default desc, id desc"#,
        account_id as AccountId,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Address {
            id: row.id,
            texts: Texts {
                country: row.country,
                name: row.name,
                company: row.company,
                line1: row.line1,
                line2: row.line2,
                city: row.city,
                region: row.region,
                postcode: row.postcode,
                phone: row.phone,
            },
            is_default: row.is_default,
            created_at: row.created_at,
        })
        .collect())
}

/// One of an account's addresses.
pub async fn find(db: &PgPool, account_id: AccountId, id: AddressId) -> sqlx::Result<Option<Address>> {
    Ok(list(db, account_id).await?.into_iter().find(|address| address.id == id))
}

/// Adds an address. The first one is the default.
pub async fn add(
    db: &PgPool,
    cause: &Cause,
    account_id: AccountId,
    place: &Place,
) -> sqlx::Result<Result<AddressId, Full>> {
    let mut tx = db.begin().await?;
    lock(&mut tx, account_id).await?;
    let known = sqlx::query_scalar!(
        r#"select count(*) as "known!" from addresses where account_id = $1"#,
        account_id as AccountId
    )
    .fetch_one(&mut *tx)
    .await?;
    if known >= ADDRESSES_MAX {
        return Ok(Err(Full));
    }
    let (id, texts) = (AddressId::new(cause.at), place.texts());
    sqlx::query!(
        "insert into addresses (id, account_id, name, company, line1, line2, city, region, postcode, country, phone, is_default, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        id as AddressId,
        account_id as AccountId,
        texts.name,
        texts.company,
        texts.line1,
        texts.line2,
        texts.city,
        texts.region,
        texts.postcode,
        texts.country,
        texts.phone,
        known == 0,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Ok(id))
}

/// Writes an address anew.
pub async fn change(
    db: &PgPool,
    account_id: AccountId,
    id: AddressId,
    place: &Place,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let texts = place.texts();
    let changed = sqlx::query!(
        "update addresses set name = $3, company = $4, line1 = $5, line2 = $6, city = $7, region = $8, postcode = $9, country = $10, phone = $11
         where id = $1 and account_id = $2",
        id as AddressId,
        account_id as AccountId,
        texts.name,
        texts.company,
        texts.line1,
        texts.line2,
        texts.city,
        texts.region,
        texts.postcode,
        texts.country,
        texts.phone,
    )
    .execute(db)
    .await?;
    Ok(if changed.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Makes an address the default one.
pub async fn make_default(
    db: &PgPool,
    account_id: AccountId,
    id: AddressId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    lock(&mut tx, account_id).await?;
    sqlx::query!(
        "update addresses set is_default = false where account_id = $1 and is_default and id <> $2",
        account_id as AccountId,
        id as AddressId,
    )
    .execute(&mut *tx)
    .await?;
    let made = sqlx::query!(
        "update addresses set is_default = true where account_id = $1 and id = $2",
        account_id as AccountId,
        id as AddressId,
    )
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Ok(Err(StaleTransition));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Removes an address. If it was the default one, the newest of the others is.
pub async fn remove(
    db: &PgPool,
    account_id: AccountId,
    id: AddressId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    lock(&mut tx, account_id).await?;
    let removed = sqlx::query!(
        "delete from addresses where account_id = $1 and id = $2 returning is_default",
        account_id as AccountId,
        id as AddressId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(removed) = removed else { return Ok(Err(StaleTransition)) };
    if removed.is_default {
        sqlx::query!(
            "update addresses set is_default = true where id = (select id from addresses where account_id = $1 order by id desc limit 1)",
            account_id as AccountId,
        )
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// One change of an address book after the other: two at once would count, or choose a default, past each other.
async fn lock(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!("select id from accounts where id = $1 for no key update", account_id as AccountId)
        .fetch_one(&mut **tx)
        .await?;
    Ok(())
}
