//! Variants by their ids, with what they are variants of: for those who hold on to one that may not be sold any more.

use std::collections::HashMap;

use sqlx::PgExecutor;

use super::{ProductKind, Row, Variant};
use crate::ids::{ProductId, VariantId};

/// A variant and what a customer knows it by.
#[derive(Debug, Clone)]
pub struct Choice {
    /// What was chosen. It is sold as long as its product is.
    pub variant: Variant,
    /// The product's name in URLs.
    pub slug: String,
    /// What the product is called.
    pub title: String,
    /// What sort of thing it is.
    pub kind: ProductKind,
    /// Working days until it leaves the house: at least, at most.
    pub days: (i16, i16),
}

/// These variants, sold or not.
pub async fn choices(db: impl PgExecutor<'_>, ids: &[VariantId]) -> sqlx::Result<HashMap<VariantId, Choice>> {
    let rows = sqlx::query!(
        r#"select v.id as "id: VariantId", v.product_id as "product_id: ProductId", v.sku, v.size, v.finish, v.finish_code,
                  v.width_mm, v.height_mm, v.print_width, v.print_height, v.bleed_mm, v.turns, v.good_dpi, v.fair_dpi, v.min_dpi,
                  v.weight_g, v.is_active and p.is_active as "is_active!", p.slug, p.title, p.kind as "kind: ProductKind",
                  p.days_min, p.days_max
           from variants v join products p on p.id = v.product_id where v.id = any($1)"#,
        ids as &[VariantId],
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let variant = Row {
                id: row.id,
                product_id: row.product_id,
                sku: row.sku,
                size: row.size,
                finish: row.finish,
                finish_code: row.finish_code,
                width_mm: row.width_mm,
                height_mm: row.height_mm,
                print_width: row.print_width,
                print_height: row.print_height,
                bleed_mm: row.bleed_mm,
                turns: row.turns,
                good_dpi: row.good_dpi,
                fair_dpi: row.fair_dpi,
                min_dpi: row.min_dpi,
                weight_g: row.weight_g,
                is_active: row.is_active,
            };
            let days = (row.days_min, row.days_max);
            let choice =
                Choice { variant: variant.into(), slug: row.slug, title: row.title, kind: row.kind, days };
            (row.id, choice)
        })
        .collect())
}
