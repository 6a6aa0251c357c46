//! What carts are to be paid in.

use sqlx::PgPool;

use super::{Owner, open};
use crate::{Cause, ids::CartId, money::Currency};

/// Has somebody's cart paid in this currency. What is in it stays, also what has no price in it. Who has no cart gets one that
/// remembers it.
pub async fn set_currency(db: &PgPool, cause: &Cause, owner: &Owner, currency: Currency) -> sqlx::Result<()> {
    let mut tx = db.begin().await?;
    let cart = open(&mut tx, cause, owner, currency).await?;
    sqlx::query!("update carts set currency = $2 where id = $1", cart.id as CartId, currency as Currency)
        .execute(&mut *tx)
        .await?;
    tx.commit().await
}
