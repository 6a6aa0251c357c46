//! Whether an order that was not paid in time can still be had as it was.

use sqlx::PgTransaction;

use crate::{
    Cause,
    ids::{OrderId, VariantId},
    money::{Currency, Money},
    prices,
};

/// What became of a line since it was ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What it was called: `Poster, 30 × 40 cm, Oak`.
    pub title: String,
    /// What happened to it.
    pub what: Changed,
}

/// What happened to a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// One of it costs something else.
    Price {
        /// What it cost.
        old: Money,
        /// What it costs.
        new: Money,
    },
    /// It is not sold any more, at least not in this currency.
    NotSold,
    /// Its picture is gone, or is not shown to others any more.
    PictureGone,
}

/// Compares what the lines of an order cost, and whether they can be had, with what is so now.
pub async fn still_holds(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
) -> sqlx::Result<Result<(), Vec<Change>>> {
    let lines = sqlx::query!(
        r#"select l.variant_id as "variant_id: VariantId", l.product_title, l.size, l.finish, l.unit, o.currency as "currency: Currency",
                  v.is_active and p.is_active as "is_sold!",
                  coalesce(i.visibility = 'published' or (i.deleted_at is null and i.account_id = o.account_id), false) as "is_there!"
           from order_lines l join orders o on o.id = l.order_id join variants v on v.id = l.variant_id join products p on p.id = v.product_id
                left join images i on i.id = l.image_id
           where l.order_id = $1 order by l.position"#,
        order_id as OrderId,
    )
    .fetch_all(&mut **tx)
    .await?;
    let Some(currency) = lines.first().map(|line| line.currency) else { return Ok(Ok(())) };
    let variants: Vec<VariantId> = lines.iter().map(|line| line.variant_id).collect();
    let prices = prices::current(&mut **tx, cause, currency, &variants).await?;
    let changes: Vec<Change> = lines
        .into_iter()
        .filter_map(|line| {
            let price = prices.get(&line.variant_id).filter(|_| line.is_sold);
            let what = match price {
                _ if !line.is_there => Changed::PictureGone,
                None => Changed::NotSold,
                Some(price) if price.amount != line.unit => Changed::Price {
                    old: Money::new(line.unit, currency),
                    new: Money::new(price.amount, currency),
                },
                Some(_) => return None,
            };
            Some(Change { title: format!("{}, {}, {}", line.product_title, line.size, line.finish), what })
        })
        .collect();
    Ok(if changes.is_empty() { Ok(()) } else { Err(changes) })
}
