//! One change of an order after the other: whoever holds its row decides.

use sqlx::PgTransaction;

use super::{Hold, OrderStatus, reading::Viewer};
use crate::{
    ids::{AccountId, CartId, CouponId, OrderId},
    money::{Currency, Money},
};

/// An order whose row is held until the transaction ends.
pub(super) struct Held {
    pub status: OrderStatus,
    pub hold: Option<Hold>,
    pub due: Money,
    pub coupon_id: Option<CouponId>,
    /// Money moved for it, in whichever direction.
    pub was_paid: bool,
}

/// Holds the cart that an order came from, if it is still there, and then the order, as whoever places an order or is paid for one
/// does: rows are held in the order cart, order, coupon, so that no two wait for each other. False if there is no such order.
pub(crate) async fn lock(tx: &mut PgTransaction<'_>, id: OrderId) -> sqlx::Result<bool> {
    loop {
        let Some(cart_id) = sqlx::query_scalar!(
            r#"select cart_id as "cart_id: CartId" from orders where id = $1"#,
            id as OrderId
        )
        .fetch_optional(&mut **tx)
        .await?
        else {
            return Ok(false);
        };
        if let Some(cart_id) = cart_id {
            sqlx::query!("select id from carts where id = $1 for update", cart_id as CartId)
                .fetch_optional(&mut **tx)
                .await?;
        }
        // While we waited, a sign-in may have given the order another cart, or a payment none at all.
        let held = sqlx::query!(
            "select id from orders where id = $1 and cart_id is not distinct from $2 for update",
            id as OrderId,
            cart_id as Option<CartId>,
        )
        .fetch_optional(&mut **tx)
        .await?;
        if held.is_some() {
            return Ok(true);
        }
    }
}

/// Holds an account's cart and all its orders, for whoever is to hold the account itself after that: who orders or is paid holds these
/// when they write something that names the account.
pub(crate) async fn lock_all(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<()> {
    sqlx::query!("select id from carts where account_id = $1 for update", account_id as AccountId)
        .fetch_optional(&mut **tx)
        .await?;
    sqlx::query!(
        "select id from orders where account_id = $1 order by id for update",
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(())
}

/// Holds the row of an order that this viewer may see.
pub(super) async fn hold(
    tx: &mut PgTransaction<'_>,
    viewer: &Viewer,
    id: OrderId,
) -> sqlx::Result<Option<Held>> {
    let row = sqlx::query!(
        r#"select o.status as "status: OrderStatus", o.hold as "hold: Hold", o.currency as "currency: Currency", o.total,
                  o.coupon_id as "coupon_id: CouponId"
           from orders o where o.id = $1 and sees_order($2, $3, o) for update"#,
        id as OrderId,
        viewer.account_id as Option<AccountId>,
        viewer.browser(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    // Asked for after the row is held: what another transaction wrote meanwhile is seen by a new statement alone.
    let was_paid = sqlx::query_scalar!(
        r#"select exists (select from ledger_entries where order_id = $1) as "paid!""#,
        id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await?;
    Ok(Some(Held {
        status: row.status,
        hold: row.hold,
        due: Money::new(row.total, row.currency),
        coupon_id: row.coupon_id,
        was_paid,
    }))
}
