//! Changing the prices of a list, and what they were.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::{PgExecutor, PgPool, PgTransaction};

use super::{PriceListState, hold};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::{AccountId, PriceChangeId, PriceListId, VariantId},
    money::{Currency, Money},
    prices::Price,
};

/// The most that anything may cost, in the currency's smallest unit (`prices_amount_range`).
pub const AMOUNT_MAX: i64 = 100_000_000;

/// The prices of a list.
pub(super) type Sheet = HashMap<VariantId, Price>;

/// One price that is to be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// Of what.
    pub variant_id: VariantId,
    /// As whoever changes it saw it; nothing, there was none.
    pub old: Option<Price>,
    /// As it is to be; nothing, there is to be none.
    pub new: Option<Price>,
}

/// Why no price was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// The list is withdrawn, or there is none any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// Somebody else changed some of them since they were looked at. This is what those are now.
    #[error("somebody else changed {} of these prices meanwhile", .0.len())]
    Meanwhile(HashMap<VariantId, Option<Price>>),
}

/// A price that was changed.
#[derive(Debug, Clone)]
pub struct PriceChange {
    /// When.
    pub at: DateTime<Utc>,
    /// By whom, as their address is now; nobody: the operator.
    pub by: Option<String>,
    /// Of what.
    pub sku: String,
    /// What it was.
    pub old: Option<Price>,
    /// What it became.
    pub new: Option<Price>,
}

/// The prices of a list.
pub async fn sheet(db: impl PgExecutor<'_>, id: PriceListId) -> sqlx::Result<HashMap<VariantId, Price>> {
    let rows = sqlx::query!(
        r#"select variant_id as "variant_id: VariantId", amount, compare_at from prices where price_list_id = $1"#,
        id as PriceListId,
    )
    .fetch_all(db)
    .await?;
    let price = |amount, compare_at| Price { amount, compare_at };
    Ok(rows.into_iter().map(|row| (row.variant_id, price(row.amount, row.compare_at))).collect())
}

/// Staff change prices of a list, all of these or none. How many were changed is answered: what is already so is left alone.
pub async fn change_prices(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: PriceListId,
    changes: &[Change],
) -> sqlx::Result<Result<usize, ChangeError>> {
    let mut tx = db.begin().await?;
    let list = hold(&mut tx, id).await?.filter(|list| list.state != PriceListState::Withdrawn);
    let Some(list) = list else { return Ok(Err(StaleTransition.into())) };
    let sheet = sheet(&mut *tx, id).await?;
    let now = |variant_id: &VariantId| sheet.get(variant_id).copied();
    let due: Vec<Change> =
        changes.iter().filter(|change| now(&change.variant_id) != change.new).copied().collect();
    let meanwhile = due.iter().filter(|change| now(&change.variant_id) != change.old);
    let meanwhile: HashMap<_, _> =
        meanwhile.map(|change| (change.variant_id, now(&change.variant_id))).collect();
    if !meanwhile.is_empty() {
        return Ok(Err(ChangeError::Meanwhile(meanwhile)));
    }
    if due.is_empty() {
        return Ok(Ok(0));
    }
    let skus = write(&mut tx, cause, actor, id, &due).await?;
    let side = |price: fn(&Change) -> Option<Price>| {
        let text = |change| price(change).map_or(Value::Null, |price| written(price, list.currency).into());
        let named = due
            .iter()
            .map(|change| (skus.get(&change.variant_id).cloned().unwrap_or_default(), text(change)));
        Value::Object(named.collect::<Map<_, _>>())
    };
    let deed = Deed {
        action: "prices.change",
        subject_kind: "price_list",
        subject_id: &id.to_string(),
        before: Some(side(|change| change.old)),
        after: Some(side(|change| change.new)),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(due.len()))
}

/// As people of the shop read it.
fn written(price: Price, currency: Currency) -> String {
    let amount = Money::new(price.amount, currency);
    match price.compare_at {
        Some(before) => format!("{amount} instead of {}", Money::new(before, currency)),
        None => amount.to_string(),
    }
}

/// Writes prices and their history. The names that the warehouse has for them are answered.
pub(super) async fn write(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    actor: &Actor,
    id: PriceListId,
    changes: &[Change],
) -> sqlx::Result<HashMap<VariantId, String>> {
    let variants: Vec<VariantId> = changes.iter().map(|change| change.variant_id).collect();
    let ids: Vec<PriceChangeId> = changes.iter().map(|_| PriceChangeId::new(cause.at)).collect();
    let amounts = |price: fn(&Change) -> Option<Price>| -> (Vec<Option<i64>>, Vec<Option<i64>>) {
        let amount = |change| price(change).map(|price| price.amount);
        let compare_at = |change| price(change).and_then(|price| price.compare_at);
        changes.iter().map(|change| (amount(change), compare_at(change))).unzip()
    };
    let ((old, old_compare_at), (new, new_compare_at)) =
        (amounts(|change| change.old), amounts(|change| change.new));
    sqlx::query!(
        r#"delete from prices where price_list_id = $1 and variant_id in
               (select u.variant_id from unnest($2::uuid[], $3::bigint[]) as u (variant_id, amount) where u.amount is null)"#,
        id as PriceListId,
        &variants as &[VariantId],
        &new as &[Option<i64>],
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"insert into prices (price_list_id, variant_id, amount, compare_at)
           select $1, u.variant_id, u.amount, u.compare_at
           from unnest($2::uuid[], $3::bigint[], $4::bigint[]) as u (variant_id, amount, compare_at) where u.amount is not null
           on conflict (price_list_id, variant_id) do update set amount = excluded.amount, compare_at = excluded.compare_at"#,
        id as PriceListId,
        &variants as &[VariantId],
        &new as &[Option<i64>],
        &new_compare_at as &[Option<i64>],
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        r#"insert into price_changes (id, price_list_id, variant_id, actor_id, old_amount, old_compare_at, new_amount, new_compare_at, at)
           select u.id, $1, u.variant_id, $2, u.old_amount, u.old_compare_at, u.new_amount, u.new_compare_at, $3
           from unnest($4::uuid[], $5::uuid[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[])
                as u (id, variant_id, old_amount, old_compare_at, new_amount, new_compare_at)"#,
        id as PriceListId,
        actor.account_id as Option<AccountId>,
        cause.at,
        &ids as &[PriceChangeId],
        &variants as &[VariantId],
        &old as &[Option<i64>],
        &old_compare_at as &[Option<i64>],
        &new as &[Option<i64>],
        &new_compare_at as &[Option<i64>],
    )
    .execute(&mut **tx)
    .await?;
    let named = sqlx::query!(
        r#"select id as "id: VariantId", sku from variants where id = any($1)"#,
        &variants as &[VariantId],
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(named.into_iter().map(|row| (row.id, row.sku)).collect())
}

/// What was changed in a list, newest first, `limit` of it.
pub async fn history(db: impl PgExecutor<'_>, id: PriceListId, limit: i64) -> sqlx::Result<Vec<PriceChange>> {
    let rows = sqlx::query!(
        r#"select c.at, a.email as "by?", v.sku, c.old_amount, c.old_compare_at, c.new_amount, c.new_compare_at
           from price_changes c join variants v on v.id = c.variant_id left join accounts a on a.id = c.actor_id
           where c.price_list_id = $1 order by c.id desc limit $2"#,
        id as PriceListId,
        limit,
    )
    .fetch_all(db)
    .await?;
    let price = |amount: Option<i64>, compare_at| Some(Price { amount: amount?, compare_at });
    let change = rows.into_iter().map(|row| PriceChange {
        at: row.at,
        by: row.by,
        sku: row.sku,
        old: price(row.old_amount, row.old_compare_at),
        new: price(row.new_amount, row.new_compare_at),
    });
    Ok(change.collect())
}
