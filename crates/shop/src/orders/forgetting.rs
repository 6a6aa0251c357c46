//! What stays of orders when their account is erased: what the books need, and what an order that is paid still needs to arrive.

use sqlx::PgTransaction;

use super::calling_off;
use crate::{
    Cause,
    ids::{AccountId, OrderId},
    payments,
};

/// Calls off what the account has not paid, and takes the person out of its orders. False if money of theirs is on its way, or is
/// there and not decided upon: then nothing may be forgotten yet.
///
/// Orders that ended unpaid keep nothing of the person. Those that are paid keep the address of the parcel and that of their
/// letters, since they are still to be made and sent. The caller holds the rows of all of them (`orders::lock_all`).
pub(crate) async fn forget(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    account_id: AccountId,
) -> sqlx::Result<bool> {
    let pending = sqlx::query_scalar!(
        r#"select id as "id: OrderId" from orders where account_id = $1 and status = 'pending_payment' order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await?;
    for id in &pending {
        if payments::is_under_way(tx, *id).await? || is_for_staff(tx, *id).await? {
            return Ok(false);
        }
    }
    // Nobody is written to who left.
    sqlx::query!(
        "update orders set email = '' where account_id = $1 and status = 'pending_payment'",
        account_id as AccountId,
    )
    .execute(&mut **tx)
    .await?;
    for id in pending {
        calling_off::end(tx, cause, id).await?;
    }
    for statement in [
        sqlx::query!(
            "delete from order_accesses where order_id in (select id from orders where account_id = $1)",
            account_id as AccountId,
        ),
        sqlx::query!(
            "delete from order_viewers where order_id in (select id from orders where account_id = $1)",
            account_id as AccountId,
        ),
        sqlx::query!(
            "update order_lines set caption = '' where order_id in (
                 select id from orders where account_id = $1 and status in ('cancelled', 'expired'))",
            account_id as AccountId,
        ),
        sqlx::query!(
            "update orders set browser_hash = null,
                    email = case when status in ('cancelled', 'expired') then '' else email end,
                    address = case when status in ('cancelled', 'expired') then null else address end
             where account_id = $1",
            account_id as AccountId,
        ),
    ] {
        statement.execute(&mut **tx).await?;
    }
    Ok(true)
}

/// Whether staff have to decide about an order, whose row is held: it waits for them, or money moved for it.
async fn is_for_staff(tx: &mut PgTransaction<'_>, id: OrderId) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"select o.hold is not null or exists (select from ledger_entries l where l.order_id = o.id) as "is!"
           from orders o where o.id = $1"#,
        id as OrderId,
    )
    .fetch_one(&mut **tx)
    .await
}
