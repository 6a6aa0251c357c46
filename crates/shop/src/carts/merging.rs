//! A guest signs in: what is in the browser's cart moves into the account's, and what was ordered in it is the account's.

use sqlx::{PgPool, PgTransaction};

use super::{BrowserHash, LINES_MAX, Owner, QUANTITY_MAX, open};
use crate::{
    Cause,
    ids::{AccountId, CartId, CouponId, OrderId},
    money::Currency,
    orders::{self, Hold, PaymentStatus},
};

/// Moves what is in a browser's cart into an account's, and returns whether there was one. Quantities of the same choice add up. The
/// account keeps its currency and its coupon, unless nothing was in its cart. What was ordered in the browser without signing in is
/// the account's from now on. Doing it twice, or in two tabs at once, is as doing it once: the browser's cart is held, and gone
/// afterwards. Lines for which the account's cart has no room stay where they are.
pub async fn merge(
    db: &PgPool,
    cause: &Cause,
    browser: &BrowserHash,
    account_id: AccountId,
) -> sqlx::Result<bool> {
    let mut tx = db.begin().await?;
    // Always the browser's first: two merges into one account meet at the account's, and neither holds what the other wants.
    let guest = sqlx::query!(
        r#"select id as "id: CartId", currency as "currency: Currency", coupon_id as "coupon_id: CouponId"
           from carts where token_hash = $1 for update"#,
        browser.as_slice(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(guest) = guest else {
        claim_orders(&mut tx, browser, account_id).await?;
        tx.commit().await?;
        return Ok(false);
    };
    let account = open(&mut tx, cause, &Owner::Account(account_id), guest.currency).await?.id;
    sqlx::query!(
        "update carts set currency = $2, coupon_id = coalesce($3, coupon_id)
         where id = $1 and not exists (select from cart_lines where cart_id = $1)",
        account as CartId,
        guest.currency as Currency,
        guest.coupon_id as Option<CouponId>,
    )
    .execute(&mut *tx)
    .await?;
    move_lines(&mut tx, guest.id, account).await?;
    move_checkout(&mut tx, cause, guest.id, account).await?;
    claim_orders(&mut tx, browser, account_id).await?;
    // An order that came along knows the version of the cart that it came from: this one has not had it, and never will.
    sqlx::query!(
        "update carts a set version = greatest(a.version, g.version) + 1 from carts g where a.id = $1 and g.id = $2",
        account as CartId,
        guest.id as CartId,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from carts where id = $1 and not exists (select from cart_lines where cart_id = $1)",
        guest.id as CartId,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}

async fn move_lines(tx: &mut PgTransaction<'_>, from: CartId, to: CartId) -> sqlx::Result<()> {
    // The same choice on both sides: one line of it stays, which orders know from now on. Of a file there is one.
    sqlx::query!(
        "with same as (
             delete from cart_lines g using cart_lines a
             where g.cart_id = $1 and a.cart_id = $2
                   and (g.variant_id, g.image_id, g.orientation, g.crop_left, g.crop_top, g.crop_width, g.crop_height)
                     = (a.variant_id, a.image_id, a.orientation, a.crop_left, a.crop_top, a.crop_width, a.crop_height)
             returning g.id as gone, a.id, g.quantity, g.accepts_low_dpi),
         known as (
             update order_lines l set cart_line_id = same.id from same, orders o
             where o.cart_id = $1 and l.order_id = o.id and l.cart_line_id = same.gone)
         update cart_lines l
         set quantity = least(case p.kind when 'download' then 1 else $3 end, l.quantity + same.quantity),
             accepts_low_dpi = l.accepts_low_dpi or same.accepts_low_dpi
         from same, variants v, products p
         where l.id = same.id and v.id = l.variant_id and p.id = v.product_id",
        from as CartId,
        to as CartId,
        QUANTITY_MAX,
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!(
        "update cart_lines set cart_id = $2 where id in (
             select id from cart_lines where cart_id = $1 order by id
             limit greatest(0, $3 - (select count(*) from cart_lines where cart_id = $2)))",
        from as CartId,
        to as CartId,
        LINES_MAX,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// How far the guest came with ordering goes along, unless the account was on its way itself. A cart is paid in one order at a time:
/// if both have one that is to be paid, the account's stays, and what is in the guest's is in the cart. Orders that ended go along
/// too, since their pages may still be open: whoever is paid after all finds the cart, and the order that is in the way.
async fn move_checkout(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    from: CartId,
    to: CartId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update checkouts set cart_id = $2 where cart_id = $1 and not exists (select from checkouts where cart_id = $2)",
        from as CartId,
        to as CartId,
    )
    .execute(&mut **tx)
    .await?;
    let second = sqlx::query!(
        r#"select id as "id: OrderId", payment_status as "payment_status: PaymentStatus", hold as "hold: Hold" from orders
           where cart_id = $1 and status = 'pending_payment'
                 and exists (select from orders where cart_id = $2 and status = 'pending_payment')
           for update"#,
        from as CartId,
        to as CartId,
    )
    .fetch_optional(&mut **tx)
    .await?;
    if let Some(second) = second {
        orders::make_way(tx, cause, second.id, second.payment_status, second.hold).await?;
    }
    sqlx::query!(
        "update orders set cart_id = $2 where cart_id = $1 and status <> 'confirmed'",
        from as CartId,
        to as CartId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// What was ordered in a browser without signing in is found by its cookie. The cookie goes some day; the account stays.
async fn claim_orders(
    tx: &mut PgTransaction<'_>,
    browser: &BrowserHash,
    account_id: AccountId,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update orders set account_id = $2 where browser_hash = $1 and account_id is null",
        browser.as_slice(),
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
