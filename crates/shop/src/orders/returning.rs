//! What was ordered and not paid goes back into a cart.

use sqlx::PgPool;

use super::{OrderStatus, reading::Viewer};
use crate::{
    Cause, StaleTransition,
    carts::{self, NewLine, Owner},
    crops::{Crop, Orientation},
    ids::{AccountId, ImageId, OrderId, VariantId},
    money::Currency,
};

/// How many lines went back into the cart, of how many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PutBack {
    /// So many are in the cart.
    pub added: usize,
    /// So many are not sold any more, or their picture is gone.
    pub missing: usize,
}

/// Puts what can still be bought of an order that ended unpaid into somebody's cart, beside what is there, and all of it or nothing
/// should something break. What is in the cart in such a number already is there: a second time changes nothing.
pub async fn put_back(
    db: &PgPool,
    cause: &Cause,
    viewer: &Viewer,
    owner: &Owner,
    id: OrderId,
) -> sqlx::Result<Result<PutBack, StaleTransition>> {
    let order = sqlx::query!(
        r#"select o.status as "status: OrderStatus", o.currency as "currency: Currency" from orders o
           where o.id = $1 and sees_order($2, $3, o)"#,
        id as OrderId,
        viewer.account_id as Option<AccountId>,
        viewer.browser(),
    )
    .fetch_optional(db)
    .await?;
    let ended = |status| match status {
        OrderStatus::Cancelled | OrderStatus::Expired => true,
        OrderStatus::PendingPayment | OrderStatus::Confirmed => false,
    };
    let Some(order) = order.filter(|order| ended(order.status)) else { return Ok(Err(StaleTransition)) };
    let rows = sqlx::query!(
        r#"select variant_id as "variant_id: VariantId", image_id as "image_id: ImageId", orientation as "orientation: Orientation",
                  crop_left, crop_top, crop_width, crop_height, quantity, accepts_low_dpi
           from order_lines where order_id = $1 order by position"#,
        id as OrderId,
    )
    .fetch_all(db)
    .await?;
    let all = rows.len();
    let choices: Vec<NewLine> = rows
        .into_iter()
        .filter_map(|row| {
            let crop = Crop {
                left: row.crop_left,
                top: row.crop_top,
                width: row.crop_width,
                height: row.crop_height,
            };
            Some(NewLine {
                variant_id: row.variant_id,
                image_id: row.image_id?,
                orientation: row.orientation,
                crop,
                quantity: row.quantity,
                accepts_low_dpi: row.accepts_low_dpi,
            })
        })
        .collect();
    let added = carts::put_back(db, cause, owner, order.currency, &choices).await?;
    Ok(Ok(PutBack { added, missing: all - added }))
}
