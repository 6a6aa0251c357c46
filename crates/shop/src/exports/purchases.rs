//! What the file says of orders and of the cart.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgTransaction;

use crate::{
    addresses::Texts,
    ids::{AccountId, ImageId, OrderId},
    money::Currency,
    orders::{self, EndReason, OrderStatus, PaymentStatus, events::OrderEventKind},
    payments::LedgerKind,
    shipping::ShippingMethod,
};

/// An order.
#[derive(Debug, Serialize)]
pub struct Order {
    /// Its id.
    pub id: OrderId,
    /// What it is called by.
    pub number: i64,
    /// Where its letters went.
    pub email: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it ended unpaid.
    pub end_reason: Option<EndReason>,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// In which currency the amounts are, each in its smallest unit.
    pub currency: Currency,
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub total: i64,
    /// The coupon that was used.
    pub coupon_code: Option<String>,
    /// Where the parcel goes.
    pub address: Option<Texts>,
    /// How it goes.
    pub shipping_method: Option<ShippingMethod>,
    pub placed_at: DateTime<Utc>,
    pub paid_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    /// What was ordered.
    pub lines: Vec<OrderLine>,
    /// What happened to it, oldest first.
    pub events: Vec<OrderEvent>,
    /// Money that moved.
    pub payments: Vec<Payment>,
}

/// Something that was ordered.
#[derive(Debug, Serialize)]
pub struct OrderLine {
    pub product: String,
    pub size: String,
    pub finish: String,
    /// What the picture was called.
    pub caption: String,
    /// The picture, as long as it is kept.
    pub image_id: Option<ImageId>,
    pub quantity: i32,
    /// For one, and for all of them after the discount.
    pub unit: i64,
    pub total: i64,
}

/// Something that happened to an order.
#[derive(Debug, Serialize)]
pub struct OrderEvent {
    pub kind: OrderEventKind,
    pub at: DateTime<Utc>,
}

/// Money that moved for an order.
#[derive(Debug, Serialize)]
pub struct Payment {
    pub kind: LedgerKind,
    pub amount: i64,
    pub currency: String,
    pub occurred_at: DateTime<Utc>,
}

/// Something in the cart.
#[derive(Debug, Serialize)]
pub struct CartLine {
    pub product: String,
    pub size: String,
    pub finish: String,
    pub image_id: ImageId,
    pub quantity: i32,
    pub created_at: DateTime<Utc>,
}

/// What was ordered, oldest first.
pub(super) async fn orders(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<Order>> {
    let ids = sqlx::query_scalar!(
        r#"select id as "id: OrderId" from orders where account_id = $1 order by id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await?;
    let mut all = Vec::with_capacity(ids.len());
    for id in ids {
        let Some(order) = orders::read(tx, id).await? else { continue };
        let lines = sqlx::query_as!(
            OrderLine,
            r#"select product_title as product, size, finish, caption, image_id as "image_id: ImageId", quantity, unit, total
               from order_lines where order_id = $1 order by position"#,
            id as OrderId,
        )
        .fetch_all(&mut **tx)
        .await?;
        let payments = sqlx::query_as!(
            Payment,
            r#"select kind as "kind: LedgerKind", amount, currency, occurred_at
               from ledger_entries where order_id = $1 order by occurred_at, id"#,
            id as OrderId,
        )
        .fetch_all(&mut **tx)
        .await?;
        let events = orders::timeline(&mut **tx, id).await?;
        all.push(Order {
            id,
            number: order.number,
            email: order.email,
            status: order.status,
            end_reason: order.end_reason,
            payment_status: order.payment_status,
            currency: order.sums.currency,
            subtotal: order.sums.subtotal,
            discount: order.sums.discount,
            shipping: order.sums.shipping,
            tax: order.sums.tax,
            total: order.sums.total,
            coupon_code: order.coupon_code,
            address: order.address,
            shipping_method: order.shipping_method,
            placed_at: order.placed_at,
            paid_at: order.paid_at,
            ended_at: order.ended_at,
            lines,
            events: events.into_iter().map(|event| OrderEvent { kind: event.kind, at: event.at }).collect(),
            payments,
        });
    }
    Ok(all)
}

/// What is in the cart.
pub(super) async fn cart(tx: &mut PgTransaction<'_>, account_id: AccountId) -> sqlx::Result<Vec<CartLine>> {
    sqlx::query_as!(
        CartLine,
        r#"select p.title as product, v.size, v.finish, l.image_id as "image_id: ImageId", l.quantity, l.created_at
           from cart_lines l join carts c on c.id = l.cart_id join variants v on v.id = l.variant_id join products p on p.id = v.product_id
           where c.account_id = $1 order by l.id"#,
        account_id as AccountId,
    )
    .fetch_all(&mut **tx)
    .await
}
