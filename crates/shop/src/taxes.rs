//! Which tax is taken where something is sent.

use sqlx::PgExecutor;

use crate::totals::Tax;

/// The tax of a country or of a region of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaxRule {
    /// As people there call it: `VAT`, `GST`.
    pub name: String,
    /// How much, and whether prices have it in them.
    pub tax: Tax,
}

/// The rule for an address: its region's own, else its country's. Without one, no tax is taken.
pub async fn find(db: impl PgExecutor<'_>, country: &str, region: &str) -> sqlx::Result<Option<TaxRule>> {
    let row = sqlx::query!(
        "select name, rate_bp, is_inclusive from tax_rules where country = $1 and region in ('', $2) order by region desc limit 1",
        country,
        region,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| TaxRule {
        name: row.name,
        tax: Tax { rate_bp: row.rate_bp, is_inclusive: row.is_inclusive },
    }))
}
