//! How far somebody came with buying what is in their cart: who they are, where it goes, how it is sent. One for each cart, and gone
//! with it.

mod planning;

pub(crate) use planning::plan;
pub use planning::{Plan, Refused, Step, of_owner};
use sqlx::{PgExecutor, PgPool, PgTransaction, types::Json};

use crate::{Cause, StaleTransition, addresses::Texts, ids::CartId, shipping::ShippingMethod};

/// What is known of a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// Where mails about the order go: the account's address, or what a guest gave.
    pub email: String,
    /// Where it goes. For files alone only the country counts, whose tax is taken.
    pub address: Option<Texts>,
    /// How it is sent.
    pub method: Option<ShippingMethod>,
}

/// The checkout of a cart, if it was begun.
pub async fn find(db: impl PgExecutor<'_>, cart_id: CartId) -> sqlx::Result<Option<Checkout>> {
    let row = sqlx::query!(
        r#"select coalesce(a.email, c.email) as "email!", c.address as "address: Json<Texts>",
                  c.shipping_method as "method: ShippingMethod"
           from checkouts c join carts k on k.id = c.cart_id left join accounts a on a.id = k.account_id
           where c.cart_id = $1"#,
        cart_id as CartId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Checkout {
        email: row.email,
        address: row.address.map(|address| address.0),
        method: row.method,
    }))
}

/// Keeps who buys and where it goes. How it is sent stays as it was chosen. If that is something else than before, the cart is one
/// version on: who looks at a page that shows what was before does not order by it.
pub async fn set_address(
    db: &PgPool,
    cause: &Cause,
    cart_id: CartId,
    email: &str,
    address: &Texts,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    if !hold(&mut tx, cart_id).await? {
        return Ok(Err(StaleTransition));
    }
    let set = sqlx::query!(
        "insert into checkouts (cart_id, email, address, updated_at) values ($1, $2, $3, $4)
         on conflict (cart_id) do update set email = excluded.email, address = excluded.address, updated_at = excluded.updated_at
         where (checkouts.email, checkouts.address) is distinct from (excluded.email, excluded.address)",
        cart_id as CartId,
        email,
        Json(address) as Json<&Texts>,
        cause.at,
    )
    .execute(&mut *tx)
    .await?;
    if set.rows_affected() == 1 {
        changed(&mut tx, cause, cart_id).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Keeps how it is sent. If that is another way than before, the cart is one version on.
pub async fn set_method(
    db: &PgPool,
    cause: &Cause,
    cart_id: CartId,
    method: ShippingMethod,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    if !hold(&mut tx, cart_id).await? {
        return Ok(Err(StaleTransition));
    }
    let is_another = sqlx::query_scalar!(
        r#"update checkouts c set shipping_method = $2, updated_at = $3 from checkouts before
           where c.cart_id = $1 and before.cart_id = c.cart_id
           returning before.shipping_method is distinct from $2 as "is_another!""#,
        cart_id as CartId,
        method as ShippingMethod,
        cause.at,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(is_another) = is_another else { return Ok(Err(StaleTransition)) };
    if is_another {
        changed(&mut tx, cause, cart_id).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Holds the cart, if it is still there: whoever orders from it waits, or is waited for.
async fn hold(tx: &mut PgTransaction<'_>, cart_id: CartId) -> sqlx::Result<bool> {
    let held = sqlx::query!("select id from carts where id = $1 for update", cart_id as CartId)
        .fetch_optional(&mut **tx)
        .await?;
    Ok(held.is_some())
}

async fn changed(tx: &mut PgTransaction<'_>, cause: &Cause, cart_id: CartId) -> sqlx::Result<()> {
    sqlx::query!(
        "update carts set version = version + 1, updated_at = $2 where id = $1",
        cart_id as CartId,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
