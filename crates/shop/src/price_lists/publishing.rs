//! Making a list count, and taking it back.

use serde_json::{Value, json};
use sqlx::{PgExecutor, PgPool, PgTransaction};

use super::{PriceList, PriceListState, hold};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::PriceListId,
};

/// Why a list was not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PublishError {
    /// It is no draft any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// It has no price.
    #[error("there is no price in it")]
    Empty,
    /// Its time is over.
    #[error("its time is over")]
    Over,
}

/// Staff make a draft count from its time on.
pub async fn publish(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: PriceListId,
) -> sqlx::Result<Result<(), PublishError>> {
    let mut tx = db.begin().await?;
    let draft = hold(&mut tx, id).await?.filter(|list| list.state == PriceListState::Draft);
    let Some(draft) = draft else { return Ok(Err(StaleTransition.into())) };
    if draft.prices == 0 {
        return Ok(Err(PublishError::Empty));
    }
    if draft.ends_at.is_some_and(|end| end <= cause.at) {
        return Ok(Err(PublishError::Over));
    }
    turn(&mut tx, id, PriceListState::Published).await?;
    let after = json!({ "state": "published", "name": draft.name });
    record(&mut tx, cause, actor, "price_list.publish", &draft, Some(after)).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Staff take a published list back, for good, and say why. Orders that were placed keep their prices.
pub async fn withdraw(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: PriceListId,
    note: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let list = hold(&mut tx, id).await?.filter(|list| list.state == PriceListState::Published);
    let Some(list) = list else { return Ok(Err(StaleTransition)) };
    let unsold = unsold_without(&mut *tx, cause, &list).await?;
    turn(&mut tx, id, PriceListState::Withdrawn).await?;
    let after = json!({ "state": "withdrawn", "name": list.name, "note": note, "no_longer_sold": unsold });
    record(&mut tx, cause, actor, "price_list.withdraw", &list, Some(after)).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Staff throw a draft away. What was ever published stays: prices of orders came from it.
pub async fn delete(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: PriceListId,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let draft = hold(&mut tx, id).await?.filter(|list| list.state == PriceListState::Draft);
    let Some(draft) = draft else { return Ok(Err(StaleTransition)) };
    sqlx::query!("delete from price_lists where id = $1", id as PriceListId).execute(&mut *tx).await?;
    record(&mut tx, cause, actor, "price_list.delete", &draft, None).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// How many variants are not sold in the currency without this list: now, or when its time begins.
pub async fn unsold_without(db: impl PgExecutor<'_>, cause: &Cause, list: &PriceList) -> sqlx::Result<i64> {
    if list.state != PriceListState::Published || list.ends_at.is_some_and(|end| end <= cause.at) {
        return Ok(0);
    }
    sqlx::query_scalar!(
        r#"select count(*) as "count!"
           from prices p join variants v on v.id = p.variant_id join products t on t.id = v.product_id
           where p.price_list_id = $1 and v.is_active and t.is_active and not exists (
               select from prices o join price_lists l on l.id = o.price_list_id
               where o.variant_id = p.variant_id and l.id <> $1 and l.state = 'published'
                     and l.currency = (select currency from price_lists where id = $1)
                     and l.starts_at <= $2 and (l.ends_at is null or l.ends_at > $2))"#,
        list.id as PriceListId,
        list.starts_at.max(cause.at),
    )
    .fetch_one(db)
    .await
}

async fn turn(tx: &mut PgTransaction<'_>, id: PriceListId, state: PriceListState) -> sqlx::Result<()> {
    sqlx::query!(
        "update price_lists set state = $2 where id = $1",
        id as PriceListId,
        state as PriceListState,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

async fn record(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    actor: &Actor,
    action: &'static str,
    list: &PriceList,
    after: Option<Value>,
) -> sqlx::Result<()> {
    let state: &str = list.state.into();
    let deed = Deed {
        action,
        subject_kind: "price_list",
        subject_id: &list.id.to_string(),
        before: Some(json!({ "state": state, "name": list.name })),
        after,
    };
    audit::record(tx, cause, actor, &deed).await
}
