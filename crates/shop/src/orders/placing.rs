//! A cart becomes an order.

use sqlx::{PgConnection, PgPool, PgTransaction, types::Json};

use super::{
    Hold, PaymentStatus,
    events::{self, OrderEventKind},
};
use crate::{
    Cause,
    addresses::Texts,
    carts::{Line, Owner},
    checkouts::{self, Checkout, Plan, Step},
    coupons::{self, CouponRefusal},
    crops::Orientation,
    ids::{AccountId, CartId, CartLineId, CouponId, ImageId, OrderId, OrderLineId, VariantId},
    money::{Currency, Money},
    payments,
    products::ProductKind,
    shipping::ShippingMethod,
    totals::{LineTotals, Totals},
};

/// What somebody saw when they pressed the button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Of the cart.
    pub version: i32,
    /// What it was to come to.
    pub sums: Sums,
}

/// An order's sums, in the currency's smallest unit, as [`Totals`] has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named after those of `Totals`")]
pub struct Sums {
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub total: i64,
}

impl From<&Totals> for Sums {
    fn from(totals: &Totals) -> Self {
        let Totals { subtotal, discount, shipping, tax, total, lines: _ } = *totals;
        Self { subtotal, discount, shipping, tax, total }
    }
}

/// The button was pressed.
#[derive(Debug, Clone, Copy)]
pub struct Placing {
    /// Whose cart it is.
    pub owner: Owner,
    /// What they agreed to.
    pub seen: Seen,
}

/// Why there is no order. Nothing was written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlaceError {
    /// Something is missing, or cannot be had any more; it is looked after on this page.
    #[error("something is missing that {0:?} asks for")]
    Incomplete(Step),
    /// It would be another order than the one they saw.
    #[error("the order would be another one than the one that was seen")]
    Changed,
    /// It comes to less than this, and less cannot be charged.
    #[error("less than {0} cannot be charged")]
    TooLittle(Money),
    /// The coupon went to somebody else at this very moment, or must not be used again.
    #[error("the coupon could not be held")]
    Coupon(CouponRefusal),
}

/// Makes an order of what is in a cart, as it was seen, and has it paid. The same order again, from a second click or another tab,
/// is the one that is there. An order of this cart that was to be paid and says something else is replaced.
///
/// Rows are locked in the order in which they are where money comes in: the cart, its order, the coupon.
pub async fn place(
    db: &PgPool,
    cause: &Cause,
    placing: &Placing,
) -> sqlx::Result<Result<OrderId, PlaceError>> {
    let mut tx = db.begin().await?;
    let Some((cart_id, version)) = lock_cart(&mut tx, &placing.owner).await? else {
        return Ok(Err(PlaceError::Incomplete(Step::Cart)));
    };
    if let Some(made) = made_of(&mut tx, cart_id, placing.seen.version).await? {
        return Ok(Ok(made));
    }
    let pending = pending_of(&mut tx, cart_id).await?;
    if let Some(pending) = &pending {
        let checkout = checkouts::find(&mut *tx, cart_id).await?;
        if version == placing.seen.version && pending.is_what_was_seen(placing, checkout.as_ref()) {
            return Ok(Ok(pending.id));
        }
        super::make_way(&mut tx, cause, pending.id, pending.payment_status, pending.hold).await?;
    }
    let Some(plan) = checkouts::plan(&mut tx, cause, cart_id).await? else {
        return Ok(Err(PlaceError::Incomplete(Step::Cart)));
    };
    match plan.step() {
        Step::Review => {}
        step @ (Step::Cart | Step::Address | Step::Shipping) => {
            return Ok(Err(PlaceError::Incomplete(step)));
        }
    }
    let Some(checkout) = &plan.checkout else { return Ok(Err(PlaceError::Incomplete(Step::Address))) };
    if placing.seen != (Seen { version, sums: Sums::from(&plan.totals) }) {
        return Ok(Err(PlaceError::Changed));
    }
    if let Some(least) = plan.too_little() {
        return Ok(Err(PlaceError::TooLittle(least)));
    }
    let order_id = write(&mut tx, cause, &plan, checkout, &placing.owner).await?;
    if let Some(coupon) = plan.used_coupon()
        && let Err(refusal) = coupons::hold(&mut tx, cause, coupon.id, order_id).await?
    {
        return Ok(Err(PlaceError::Coupon(refusal)));
    }
    let currency = plan.snapshot.cart.currency;
    let details = serde_json::json!({ "total": plan.totals.total, "currency": currency });
    let key = format!("placed:{order_id}");
    events::record(&mut tx, cause, order_id, OrderEventKind::Placed, details, &key).await?;
    if plan.totals.total == 0 {
        super::confirm(&mut tx, cause, order_id).await?;
    } else {
        payments::begin(&mut tx, cause, order_id, Money::new(plan.totals.total, currency)).await?;
    }
    tx.commit().await?;
    Ok(Ok(order_id))
}

/// Everybody who orders from this cart, or changes it, waits here.
async fn lock_cart(tx: &mut PgTransaction<'_>, owner: &Owner) -> sqlx::Result<Option<(CartId, i32)>> {
    let cart = sqlx::query!(
        r#"select id as "id: CartId", version from carts where account_id = $1 or token_hash = $2 for update"#,
        owner.account_id() as Option<AccountId>,
        owner.browser_hash(),
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(cart.map(|cart| (cart.id, cart.version)))
}

/// The order that this very cart became and that needs no payment any more: what was in it left it, so that its version is never
/// ordered twice.
async fn made_of(db: &mut PgConnection, cart_id: CartId, version: i32) -> sqlx::Result<Option<OrderId>> {
    sqlx::query_scalar!(
        r#"select id as "id: OrderId" from orders where cart_id = $1 and cart_version = $2 and status = 'confirmed' limit 1"#,
        cart_id as CartId,
        version,
    )
    .fetch_optional(db)
    .await
}

/// An order of this cart that is to be paid.
struct Pending {
    id: OrderId,
    email: String,
    payment_status: PaymentStatus,
    hold: Option<Hold>,
    address: Option<Json<Texts>>,
    method: Option<ShippingMethod>,
    seen: Seen,
}

impl Pending {
    fn is_what_was_seen(&self, placing: &Placing, checkout: Option<&Checkout>) -> bool {
        let address = self.address.as_ref().map(|address| &address.0);
        let is_same = |checkout: &Checkout| {
            let method = self.method.is_none() || self.method == checkout.method;
            method && self.email == checkout.email && address == checkout.address.as_ref()
        };
        self.seen == placing.seen && checkout.is_some_and(is_same)
    }
}

async fn pending_of(db: &mut PgConnection, cart_id: CartId) -> sqlx::Result<Option<Pending>> {
    let row = sqlx::query!(
        r#"select id as "id: OrderId", email, payment_status as "payment_status: PaymentStatus", hold as "hold: Hold", address as "address: Json<Texts>",
                  shipping_method as "method: ShippingMethod", cart_version, subtotal, discount, shipping, tax, total
           from orders where cart_id = $1 and status = 'pending_payment' for update"#,
        cart_id as CartId,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Pending {
        id: row.id,
        email: row.email,
        payment_status: row.payment_status,
        hold: row.hold,
        address: row.address,
        method: row.method,
        seen: Seen {
            version: row.cart_version,
            sums: Sums {
                subtotal: row.subtotal,
                discount: row.discount,
                shipping: row.shipping,
                tax: row.tax,
                total: row.total,
            },
        },
    }))
}

async fn write(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    plan: &Plan,
    checkout: &Checkout,
    owner: &Owner,
) -> sqlx::Result<OrderId> {
    let (id, cart, totals) = (OrderId::new(cause.at), &plan.snapshot.cart, &plan.totals);
    let (rate, coupon) = (plan.rate(), plan.used_coupon());
    let days = rate.map(|rate| plan.days(rate));
    let tax = plan.tax.as_ref();
    sqlx::query!(
        "insert into orders (id, account_id, email, browser_hash, currency, subtotal, discount, shipping, tax, total,
                             tax_name, tax_rate_bp, tax_is_inclusive, address, shipping_method, days_min, days_max,
                             coupon_id, coupon_code, cart_id, cart_version, placed_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
        id as OrderId,
        owner.account_id() as Option<AccountId>,
        checkout.email,
        owner.browser_hash(),
        cart.currency as Currency,
        totals.subtotal,
        totals.discount,
        totals.shipping,
        totals.tax,
        totals.total,
        tax.map_or("", |rule| rule.name.as_str()),
        tax.map_or(0, |rule| rule.tax.rate_bp),
        tax.is_none_or(|rule| rule.tax.is_inclusive),
        checkout.address.as_ref().map(Json) as Option<Json<&Texts>>,
        rate.map(|rate| rate.method) as Option<ShippingMethod>,
        days.map(|days| days.0),
        days.map(|days| days.1),
        coupon.map(|coupon| coupon.id) as Option<CouponId>,
        coupon.map(|coupon| coupon.code.as_str()),
        cart.id as CartId,
        cart.version,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    for (position, (line, sums)) in plan.snapshot.lines.iter().zip(&totals.lines).enumerate() {
        write_line(tx, cause, id, position, line, sums).await?;
    }
    Ok(id)
}

async fn write_line(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    order_id: OrderId,
    position: usize,
    line: &Line,
    sums: &LineTotals,
) -> sqlx::Result<()> {
    let (variant, crop) = (&line.variant, line.crop);
    sqlx::query!(
        "insert into order_lines (id, order_id, position, cart_line_id, variant_id, image_id, product_kind, product_title, sku, size,
                                  finish, caption, orientation, crop_left, crop_top, crop_width, crop_height, effective_dpi,
                                  accepts_low_dpi, weight_g, quantity, unit, subtotal, discount, tax, total)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)",
        OrderLineId::new(cause.at) as OrderLineId,
        order_id as OrderId,
        i16::try_from(position).unwrap_or(i16::MAX),
        line.id as CartLineId,
        variant.id as VariantId,
        line.image.id as ImageId,
        line.product_kind as ProductKind,
        line.product_title,
        variant.sku,
        variant.size,
        variant.finish,
        line.image.caption,
        line.orientation as Orientation,
        crop.left,
        crop.top,
        crop.width,
        crop.height,
        line.sharpness.map(|(_, dpi)| dpi),
        line.accepts_low_dpi,
        variant.weight_g,
        line.quantity,
        line.price.map_or(0, |price| price.amount),
        sums.subtotal,
        sums.discount,
        sums.tax,
        sums.total,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
