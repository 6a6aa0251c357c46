//! What things would cost at another moment.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

use crate::{
    Cause,
    ids::{PriceListId, VariantId},
    money::Currency,
    prices::Price,
};

/// A price, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it costs.
    pub price: Price,
    /// The list that counts.
    pub list_id: PriceListId,
    /// What staff call it.
    pub list_name: String,
}

/// What a variant costs now and at another moment; nothing, it is not sold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Previewed {
    /// At this moment.
    pub now: Option<Listed>,
    /// At the other one.
    pub then: Option<Listed>,
}

/// What everything that has a price costs now and would cost at another moment, by the rule of [`crate::prices::current`];
/// at the other moment as if the draft `with` were published, if one is named.
pub async fn preview(
    db: &PgPool,
    cause: &Cause,
    currency: Currency,
    at: DateTime<Utc>,
    with: Option<PriceListId>,
) -> sqlx::Result<HashMap<VariantId, Previewed>> {
    let mut previewed: HashMap<VariantId, Previewed> = HashMap::new();
    for (id, listed) in resolve(db, currency, cause.at, None).await? {
        previewed.entry(id).or_default().now = Some(listed);
    }
    for (id, listed) in resolve(db, currency, at, with).await? {
        previewed.entry(id).or_default().then = Some(listed);
    }
    Ok(previewed)
}

async fn resolve(
    db: &PgPool,
    currency: Currency,
    at: DateTime<Utc>,
    with: Option<PriceListId>,
) -> sqlx::Result<Vec<(VariantId, Listed)>> {
    let rows = sqlx::query!(
        r#"select distinct on (p.variant_id) p.variant_id as "variant_id: VariantId", p.amount, p.compare_at,
                  l.id as "list_id: PriceListId", l.name
           from prices p join price_lists l on l.id = p.price_list_id
           where l.currency = $1 and (l.state = 'published' or (l.state = 'draft' and l.id = $3))
                 and l.starts_at <= $2 and (l.ends_at is null or l.ends_at > $2)
           order by p.variant_id, l.priority desc, l.starts_at desc, l.id desc"#,
        currency as Currency,
        at,
        with as Option<PriceListId>,
    )
    .fetch_all(db)
    .await?;
    let listed = rows.into_iter().map(|row| {
        let price = Price { amount: row.amount, compare_at: row.compare_at };
        (row.variant_id, Listed { price, list_id: row.list_id, list_name: row.name })
    });
    Ok(listed.collect())
}
