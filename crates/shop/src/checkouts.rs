//! How far somebody came with buying what is in their cart: who they are, where it goes, how it is sent. One for each cart, and gone
//! with it.

mod planning;

pub(crate) use planning::plan;
pub use planning::{Plan, Refused, Step, of_owner};
use sqlx::{PgExecutor, PgPool, types::Json};

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

/// Keeps who buys and where it goes. How it is sent stays as it was chosen.
pub async fn set_address(
    db: &PgPool,
    cause: &Cause,
    cart_id: CartId,
    email: &str,
    address: &Texts,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let set = sqlx::query!(
        "insert into checkouts (cart_id, email, address, updated_at) select id, $2, $3, $4 from carts where id = $1
         on conflict (cart_id) do update set email = excluded.email, address = excluded.address, updated_at = excluded.updated_at",
        cart_id as CartId,
        email,
        Json(address) as Json<&Texts>,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(if set.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}

/// Keeps how it is sent.
pub async fn set_method(
    db: &PgPool,
    cause: &Cause,
    cart_id: CartId,
    method: ShippingMethod,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let set = sqlx::query!(
        "update checkouts set shipping_method = $2, updated_at = $3 where cart_id = $1",
        cart_id as CartId,
        method as ShippingMethod,
        cause.at,
    )
    .execute(db)
    .await?;
    Ok(if set.rows_affected() == 1 { Ok(()) } else { Err(StaleTransition) })
}
