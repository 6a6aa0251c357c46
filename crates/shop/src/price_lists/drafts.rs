//! Writing lists: begun empty or as a copy, named, and given their time.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::PgPool;

use super::{Change, PriceListState, changes, find, hold, moved, sheet};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::PriceListId,
    money::Currency,
    prices::Price,
};

/// Longest name in characters.
pub const NAME_MAX: usize = 80;
/// Highest priority.
pub const PRIORITY_MAX: i16 = 100;

/// What is said of a list beside its prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// What staff call it.
    pub name: String,
    /// Of several that hold, the highest counts.
    pub priority: i16,
    /// From when on it holds.
    pub starts_at: DateTime<Utc>,
    /// Until when, if that is known.
    pub ends_at: Option<DateTime<Utc>>,
}

/// A list to be begun.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Its name, priority and times.
    pub terms: Terms,
    /// In which all of its prices will be.
    pub currency: Currency,
    /// What it begins with; nothing, it begins empty.
    pub source: Option<Source>,
}

/// What a list is copied from, and how.
#[derive(Debug, Clone, Copy)]
pub struct Source {
    /// The list with the prices.
    pub list_id: PriceListId,
    /// Hundredths of a per cent by which they are moved.
    pub by_bp: i64,
    /// Whether the copied price is shown struck through where the new one is lower.
    pub is_struck: bool,
}

/// Why a list was not begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// There is no such list to copy from.
    #[error("there is no such list to copy from")]
    NoSource,
    /// The list to copy from is in another currency, in which its amounts mean something else.
    #[error("the list to copy from is in {0}")]
    OtherCurrency(Currency),
    /// Moved so far up, some price is more than any may be.
    #[error("some price would be more than any may be")]
    TooMuch,
}

/// Why the terms of a list were not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReviseError {
    /// It is withdrawn, or there is none any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// Somebody else changed them since they were looked at. This is what they are now.
    #[error("somebody else changed the terms meanwhile")]
    Meanwhile(Terms),
}

/// Staff begin a list. It counts nowhere until it is published.
pub async fn create(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    draft: &Draft,
) -> sqlx::Result<Result<PriceListId, CreateError>> {
    let mut tx = db.begin().await?;
    let mut prices = Vec::new();
    if let Some(source) = draft.source {
        let Some(copied) = find(&mut *tx, source.list_id).await? else {
            return Ok(Err(CreateError::NoSource));
        };
        if copied.currency != draft.currency {
            return Ok(Err(CreateError::OtherCurrency(copied.currency)));
        }
        prices = copies(&sheet(&mut *tx, source.list_id).await?, source, draft.currency);
        if prices.iter().any(|change| change.new.is_some_and(|price| price.amount > changes::AMOUNT_MAX)) {
            return Ok(Err(CreateError::TooMuch));
        }
    }
    let (id, Terms { name, priority, starts_at, ends_at }) = (PriceListId::new(cause.at), &draft.terms);
    sqlx::query!(
        "insert into price_lists (id, name, currency, priority, starts_at, ends_at, created_at) values ($1, $2, $3, $4, $5, $6, $7)",
        id as PriceListId,
        name,
        draft.currency as Currency,
        priority,
        starts_at,
        *ends_at,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    changes::write(&mut tx, cause, actor, id, &prices).await?;
    let mut after = described(&draft.terms);
    after["currency"] = json!(draft.currency.code());
    after["prices"] = json!(prices.len());
    if let Some(source) = draft.source {
        after["copy_of"] = json!(source.list_id);
        after["hundredths_of_a_per_cent"] = json!(source.by_bp);
    }
    let deed = Deed {
        action: "price_list.create",
        subject_kind: "price_list",
        subject_id: &id.to_string(),
        before: None,
        after: Some(after),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(id))
}

/// Staff rename a list, or give it another time or rank. `seen` is the fingerprint of the terms that they saw.
pub async fn revise(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: PriceListId,
    terms: &Terms,
    seen: &str,
) -> sqlx::Result<Result<(), ReviseError>> {
    let mut tx = db.begin().await?;
    let list = hold(&mut tx, id).await?.filter(|list| list.state != PriceListState::Withdrawn);
    let Some(list) = list else { return Ok(Err(StaleTransition.into())) };
    let before = list.terms();
    if before == *terms {
        return Ok(Ok(()));
    }
    if before.fingerprint() != seen {
        return Ok(Err(ReviseError::Meanwhile(before)));
    }
    sqlx::query!(
        "update price_lists set name = $2, priority = $3, starts_at = $4, ends_at = $5 where id = $1",
        id as PriceListId,
        terms.name,
        terms.priority,
        terms.starts_at,
        terms.ends_at,
    )
    .execute(&mut *tx)
    .await?;
    let deed = Deed {
        action: "price_list.revise",
        subject_kind: "price_list",
        subject_id: &id.to_string(),
        before: Some(described(&before)),
        after: Some(described(terms)),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// As the audit log has them.
fn described(terms: &Terms) -> Value {
    let Terms { name, priority, starts_at, ends_at } = terms;
    json!({ "name": name, "priority": priority, "starts_at": starts_at, "ends_at": ends_at })
}

/// The prices of a sheet, moved.
fn copies(sheet: &super::changes::Sheet, source: Source, currency: Currency) -> Vec<Change> {
    let copy = |price: &Price| {
        let amount = moved(price.amount, source.by_bp, currency);
        let before = if source.is_struck { Some(price.amount) } else { price.compare_at };
        Price { amount, compare_at: before.filter(|before| *before > amount) }
    };
    sheet.iter().map(|(id, price)| Change { variant_id: *id, old: None, new: Some(copy(price)) }).collect()
}
