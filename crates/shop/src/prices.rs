//! What variants cost now: of the published lists in a currency that hold, the one with the highest priority counts, then
//! the newest.

use std::collections::HashMap;

use sqlx::PgExecutor;

use crate::{Cause, ids::VariantId, money::Currency};

/// What something costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    /// In the currency's smallest unit.
    pub amount: i64,
    /// What it cost before, if that is to be shown.
    pub compare_at: Option<i64>,
}

/// What these variants cost at this moment, without those that have no price in the currency: they are not sold in it.
pub async fn current(
    db: impl PgExecutor<'_>,
    cause: &Cause,
    currency: Currency,
    variants: &[VariantId],
) -> sqlx::Result<HashMap<VariantId, Price>> {
    let rows = sqlx::query!(
        r#"select distinct on (p.variant_id) p.variant_id as "variant_id: VariantId", p.amount, p.compare_at
           from prices p join price_lists l on l.id = p.price_list_id
           where p.variant_id = any($1) and l.currency = $2 and l.state = 'published'
                 and l.starts_at <= $3 and (l.ends_at is null or l.ends_at > $3)
           order by p.variant_id, l.priority desc, l.starts_at desc, l.id desc"#,
        variants as &[VariantId],
        currency as Currency,
        cause.at,
    )
    .fetch_all(db)
    .await?;
    let price = |amount, compare_at| Price { amount, compare_at };
    Ok(rows.into_iter().map(|row| (row.variant_id, price(row.amount, row.compare_at))).collect())
}

/// The currencies in which something is sold at this moment.
pub async fn currencies(db: impl PgExecutor<'_>, cause: &Cause) -> sqlx::Result<Vec<Currency>> {
    sqlx::query_scalar!(
        r#"select distinct l.currency as "currency: Currency" from price_lists l
           where l.state = 'published' and l.starts_at <= $1 and (l.ends_at is null or l.ends_at > $1)
                 and exists (select from prices p where p.price_list_id = l.id)
           order by 1"#,
        cause.at,
    )
    .fetch_all(db)
    .await
}
