//! Orders as they are read: by who may see them, and whole.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgExecutor, PgPool, types::Json};

use super::{EndReason, Hold, OrderStatus, PaymentStatus};
use crate::{
    addresses::Texts,
    carts::{BrowserHash, Owner},
    crops::{Crop, Orientation},
    ids::{AccountId, GenerationId, ImageId, OrderId, OrderLineId},
    images::{Card, Format, ImageState},
    money::{Currency, Money},
    products::ProductKind,
    shipping::ShippingMethod,
};

/// Who looks at an order: an account, a browser, or an account in a browser that ordered as a guest before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Viewer {
    /// Who is signed in.
    pub account_id: Option<AccountId>,
    /// SHA-256 of what the browser's cookie for carts holds.
    pub browser_hash: Option<BrowserHash>,
}

impl Viewer {
    pub(super) fn browser(&self) -> Option<&[u8]> {
        self.browser_hash.as_ref().map(<[u8; 32]>::as_slice)
    }
}

impl From<Owner> for Viewer {
    fn from(owner: Owner) -> Self {
        match owner {
            Owner::Account(id) => Self { account_id: Some(id), browser_hash: None },
            Owner::Guest(hash) => Self { account_id: None, browser_hash: Some(hash) },
        }
    }
}

/// What an order costs, all in the smallest unit of its currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bill {
    /// Which one.
    pub currency: Currency,
    /// All lines, before anything is taken off.
    pub subtotal: i64,
    /// What a coupon took off.
    pub discount: i64,
    /// What the parcel costs.
    pub shipping: i64,
    /// The tax, in or on top of the rest.
    pub tax: i64,
    /// What is to be paid.
    pub total: i64,
    /// What the tax is called; empty if there is none.
    pub tax_name: String,
    /// In hundredths of a per cent.
    pub tax_rate_bp: i32,
    /// Whether the tax is in the other sums already.
    pub tax_is_inclusive: bool,
}

impl Bill {
    /// What is to be paid.
    pub fn due(&self) -> Money {
        Money::new(self.total, self.currency)
    }
}

/// An order, as it was when it was placed, and where it stands.
#[derive(Debug, Clone)]
pub struct Order {
    /// Which one.
    pub id: OrderId,
    /// What people call it by.
    pub number: i64,
    /// Whose it is; nobody's, if a guest ordered.
    pub account_id: Option<AccountId>,
    /// Where its letters go; empty once it was forgotten.
    pub email: String,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it ended unpaid.
    pub end_reason: Option<EndReason>,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// Why staff must look at it first.
    pub hold: Option<Hold>,
    /// What it costs.
    pub sums: Bill,
    /// Where the parcel goes. Nothing: there is nothing to send, or it was forgotten.
    pub address: Option<Texts>,
    /// How it goes.
    pub shipping_method: Option<ShippingMethod>,
    /// Days from the order to the door, at least and at most.
    pub days: Option<(i16, i16)>,
    /// The coupon that was used.
    pub coupon_code: Option<String>,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
    /// When it was paid.
    pub paid_at: Option<DateTime<Utc>>,
    /// When it ended unpaid.
    pub ended_at: Option<DateTime<Utc>>,
    /// What was ordered.
    pub lines: Vec<Line>,
}

/// One thing that was ordered.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which line.
    pub id: OrderLineId,
    /// What sort of thing.
    pub product_kind: ProductKind,
    /// As it was called.
    pub product_title: String,
    /// Its name for the warehouse.
    pub sku: String,
    /// As it was chosen.
    pub size: String,
    /// As it was chosen.
    pub finish: String,
    /// What the picture was called.
    pub caption: String,
    /// Which way it hangs.
    pub orientation: Orientation,
    /// The part of the picture that is printed.
    pub crop: Crop,
    /// Pixels an inch; nothing for what is not printed.
    pub effective_dpi: Option<i32>,
    /// How many.
    pub quantity: i32,
    /// Price of one.
    pub unit: i64,
    /// Price of all of them.
    pub subtotal: i64,
    /// This line's part of the discount.
    pub discount: i64,
    /// This line's part of the tax.
    pub tax: i64,
    /// What is charged for it.
    pub total: i64,
    /// The picture, unless it was removed or may not be shown.
    pub card: Option<Card>,
}

/// An order among others.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Which one.
    pub id: OrderId,
    /// What people call it by.
    pub number: i64,
    /// Where it stands.
    pub status: OrderStatus,
    /// Why it ended unpaid.
    pub end_reason: Option<EndReason>,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// Why staff must look at it first.
    pub hold: Option<Hold>,
    /// What is to be paid.
    pub total: Money,
    /// How many things.
    pub pieces: i64,
    /// When it was placed.
    pub placed_at: DateTime<Utc>,
}

/// Orders of an account, or those that were placed in a browser as a guest, newest first, `limit` of them, older than one if
/// given.
pub async fn list(
    db: &PgPool,
    owner: &Owner,
    before: Option<OrderId>,
    limit: i64,
) -> sqlx::Result<Vec<Listed>> {
    // Each half by an index of its own; together they would be found by none.
    let rows = sqlx::query!(
        r#"with mine as (
               (select id from orders where account_id = $1 and ($3::uuid is null or id < $3) order by id desc limit $4)
               union all
               (select id from orders where account_id is null and browser_hash = $2 and ($3::uuid is null or id < $3)
                order by id desc limit $4))
           select o.id as "id: OrderId", o.number, o.status as "status: OrderStatus", o.end_reason as "end_reason: EndReason",
                  o.payment_status as "payment_status: PaymentStatus", o.hold as "hold: Hold",
                  o.currency as "currency: Currency", o.total, o.placed_at,
                  (select coalesce(sum(l.quantity), 0) from order_lines l where l.order_id = o.id) as "pieces!"
           from orders o join mine on mine.id = o.id
           order by o.id desc limit $4"#,
        owner.account_id() as Option<AccountId>,
        owner.browser_hash(),
        before as Option<OrderId>,
        limit,
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Listed {
            id: row.id,
            number: row.number,
            status: row.status,
            end_reason: row.end_reason,
            payment_status: row.payment_status,
            hold: row.hold,
            total: Money::new(row.total, row.currency),
            pieces: row.pieces,
            placed_at: row.placed_at,
        })
        .collect())
}

/// An order that this viewer may see. Any other does not exist.
pub async fn find(db: &PgPool, viewer: &Viewer, id: OrderId) -> sqlx::Result<Option<Order>> {
    let seen = sqlx::query_scalar!(
        r#"select sees_order($2, $3, o) as "sees!" from orders o where o.id = $1"#,
        id as OrderId,
        viewer.account_id as Option<AccountId>,
        viewer.browser(),
    )
    .fetch_optional(db)
    .await?;
    if seen != Some(true) {
        return Ok(None);
    }
    read(&mut *db.acquire().await?, id).await
}

/// An order, whoever looks.
pub(crate) async fn read(connection: &mut PgConnection, id: OrderId) -> sqlx::Result<Option<Order>> {
    let row = sqlx::query!(
        r#"select id as "id: OrderId", number, account_id as "account_id: AccountId", email, status as "status: OrderStatus",
                  end_reason as "end_reason: EndReason", payment_status as "payment_status: PaymentStatus", hold as "hold: Hold",
                  currency as "currency: Currency", subtotal, discount, shipping, tax, total, tax_name, tax_rate_bp,
                  tax_is_inclusive, address as "address: Json<Texts>", shipping_method as "shipping_method: ShippingMethod", days_min, days_max, coupon_code,
                  placed_at, paid_at, ended_at
           from orders where id = $1"#,
        id as OrderId,
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Order {
        id: row.id,
        number: row.number,
        account_id: row.account_id,
        email: row.email,
        status: row.status,
        end_reason: row.end_reason,
        payment_status: row.payment_status,
        hold: row.hold,
        sums: Bill {
            currency: row.currency,
            subtotal: row.subtotal,
            discount: row.discount,
            shipping: row.shipping,
            tax: row.tax,
            total: row.total,
            tax_name: row.tax_name,
            tax_rate_bp: row.tax_rate_bp,
            tax_is_inclusive: row.tax_is_inclusive,
        },
        address: row.address.map(|address| address.0),
        shipping_method: row.shipping_method,
        days: row.days_min.zip(row.days_max),
        coupon_code: row.coupon_code,
        placed_at: row.placed_at,
        paid_at: row.paid_at,
        ended_at: row.ended_at,
        lines: lines(connection, &[id]).await?.into_iter().map(|(_, line)| line).collect(),
    }))
}

/// The pictures of some orders, in the order of their lines: for lists.
pub async fn pictures(db: &PgPool, ids: &[OrderId]) -> sqlx::Result<Vec<(OrderId, Line)>> {
    lines(db, ids).await
}

/// A picture that was bought stays in sight for its buyer when its owner deletes it or takes it out of the gallery; one that
/// staff took down is seen by its owner alone.
async fn lines(db: impl PgExecutor<'_>, ids: &[OrderId]) -> sqlx::Result<Vec<(OrderId, Line)>> {
    let rows = sqlx::query!(
        r#"select l.id as "id: OrderLineId", l.order_id as "order_id: OrderId", l.product_kind as "product_kind: ProductKind", l.product_title, l.sku, l.size, l.finish,
                  l.caption, l.orientation as "orientation: Orientation", l.crop_left, l.crop_top, l.crop_width, l.crop_height,
                  l.effective_dpi, l.quantity, l.unit, l.subtotal, l.discount, l.tax, l.total,
                  i.id as "image_id?: ImageId", i.generation_id as "generation_id?: GenerationId", i.width as "width?",
                  i.height as "height?", i.format as "format?: Format", i.state as "state?: ImageState",
                  i.thumbnail_widths as "thumbnail_widths?", i.published_at as "published_at?"
           from order_lines l join orders o on o.id = l.order_id
           left join images i on i.id = l.image_id and (i.visibility <> 'hidden' or i.account_id = o.account_id)
           where l.order_id = any($1) order by l.order_id desc, l.position"#,
        ids as &[OrderId],
    )
    .fetch_all(db)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let card = || {
                Some(Card {
                    id: row.image_id?,
                    generation_id: row.generation_id?,
                    caption: row.caption.clone(),
                    width: row.width?,
                    height: row.height?,
                    format: row.format?,
                    state: row.state?,
                    thumbnail_widths: row.thumbnail_widths.clone()?,
                    published_at: row.published_at,
                    loves: 0,
                    favourite: false,
                })
            };
            let line = Line {
                id: row.id,
                card: card(),
                product_kind: row.product_kind,
                product_title: row.product_title,
                sku: row.sku,
                size: row.size,
                finish: row.finish,
                caption: row.caption,
                orientation: row.orientation,
                crop: Crop {
                    left: row.crop_left,
                    top: row.crop_top,
                    width: row.crop_width,
                    height: row.crop_height,
                },
                effective_dpi: row.effective_dpi,
                quantity: row.quantity,
                unit: row.unit,
                subtotal: row.subtotal,
                discount: row.discount,
                tax: row.tax,
                total: row.total,
            };
            (row.order_id, line)
        })
        .collect())
}
