//! A cart as it is at this moment, with the prices of now and what stands in the way of ordering it.

use sqlx::PgConnection;

use super::{Cart, NewLine, Row};
use crate::{
    Cause,
    crops::{Area, Crop, Orientation, Sharpness},
    ids::{AccountId, CartId, CartLineId, CouponId, GenerationId, ImageId, VariantId},
    images::{Card, Format, ImageState},
    money::Currency,
    prices::{self, Price},
    products::{self, ProductKind, Variant},
};

/// A cart with its lines.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Whose it is, and in what currency.
    pub cart: Cart,
    /// What is in it, in the order in which it came.
    pub lines: Vec<Line>,
}

/// A line of a cart: a variant with a part of a picture on it, some times.
#[derive(Debug, Clone)]
pub struct Line {
    /// Which one.
    pub id: CartLineId,
    /// What was chosen.
    pub variant: Variant,
    /// Its product's name in URLs.
    pub product_slug: String,
    /// What the product is called.
    pub product_title: String,
    /// What sort of thing it is.
    pub product_kind: ProductKind,
    /// Working days until it leaves the house: at least, at most.
    pub product_days: (i16, i16),
    /// The picture. If the problem is that it is gone, nothing of it may be shown: perhaps it is private now.
    pub image: Card,
    /// Whether the picture is the buyer's own.
    pub is_own: bool,
    /// Which way it hangs.
    pub orientation: Orientation,
    /// Which part of the picture is printed.
    pub crop: Crop,
    /// How many.
    pub quantity: i32,
    /// Whether the buyer agreed to a print with fewer pixels than are good for it.
    pub accepts_low_dpi: bool,
    /// How sharp it will be, and how many pixels an inch that are. Nothing for a file.
    pub sharpness: Option<(Sharpness, i32)>,
    /// What one of it costs now in the cart's currency, if it is sold in it.
    pub price: Option<Price>,
    /// Why it cannot be ordered.
    pub problem: Option<LineProblem>,
}

/// Why a line cannot be ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::VariantArray)]
pub enum LineProblem {
    /// The shop does not sell it any more.
    NotSold,
    /// The picture is deleted, or not in the gallery any more.
    PictureGone,
    /// It is not sold in the cart's currency.
    NoPrice,
    /// The picture has too few pixels for it, or fewer than the buyer agreed to.
    TooFewPixels,
}

impl Snapshot {
    /// How many pieces are in it.
    pub fn pieces(&self) -> i32 {
        self.lines.iter().map(|line| line.quantity).sum()
    }

    /// What everything costs that can be ordered, in the currency's smallest unit.
    pub fn subtotal(&self) -> i64 {
        self.lines.iter().filter_map(Line::total).sum()
    }

    /// Whether something is in it, and all of it can be ordered.
    pub fn can_be_ordered(&self) -> bool {
        !self.lines.is_empty() && self.lines.iter().all(|line| line.problem.is_none())
    }
}

impl Line {
    /// What was chosen.
    pub fn choice(&self) -> NewLine {
        NewLine {
            variant_id: self.variant.id,
            image_id: self.image.id,
            orientation: self.orientation,
            crop: self.crop,
            quantity: self.quantity,
            accepts_low_dpi: self.accepts_low_dpi,
        }
    }

    /// What the line costs, in the currency's smallest unit. Nothing if it cannot be ordered.
    pub fn total(&self) -> Option<i64> {
        let price = self.price.filter(|_| self.problem.is_none())?;
        Some(price.amount * i64::from(self.quantity))
    }
}

/// A cart as it is at this moment, if there is one.
pub async fn snapshot(
    conn: &mut PgConnection,
    cause: &Cause,
    cart_id: CartId,
) -> sqlx::Result<Option<Snapshot>> {
    let cart = sqlx::query_as!(
        Row,
        r#"select id as "id: CartId", account_id as "account_id: AccountId", token_hash, currency as "currency: Currency", version,
                  coupon_id as "coupon_id: CouponId"
           from carts where id = $1"#,
        cart_id as CartId,
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(cart) = cart.and_then(Cart::of) else { return Ok(None) };
    let lines = lines(conn, cause, &cart).await?;
    Ok(Some(Snapshot { cart, lines }))
}

async fn lines(conn: &mut PgConnection, cause: &Cause, cart: &Cart) -> sqlx::Result<Vec<Line>> {
    let rows = sqlx::query!(
        r#"select l.id as "id: CartLineId", l.variant_id as "variant_id: VariantId", l.orientation as "orientation: Orientation",
                  l.crop_left, l.crop_top, l.crop_width, l.crop_height, l.quantity, l.accepts_low_dpi,
                  i.id as "image_id: ImageId", i.generation_id as "generation_id: GenerationId",
                  coalesce(nullif(i.title, ''), g.prompt) as "caption!", i.width, i.height, i.format as "format: Format",
                  i.state as "state: ImageState", i.thumbnail_widths, i.published_at, i.loves,
                  i.favourite_at is not null as "favourite!",
                  coalesce(i.account_id = $2, false) as "is_own!",
                  coalesce((i.account_id = $2 and i.deleted_at is null) or i.visibility = 'published', false) as "is_there!"
           from cart_lines l join images i on i.id = l.image_id join generations g on g.id = i.generation_id
           where l.cart_id = $1 order by l.id"#,
        cart.id as CartId,
        cart.owner.account_id() as Option<AccountId>,
    )
    .fetch_all(&mut *conn)
    .await?;
    let ids: Vec<VariantId> = rows.iter().map(|row| row.variant_id).collect();
    let choices = products::choices(&mut *conn, &ids).await?;
    let prices = prices::current(&mut *conn, cause, cart.currency, &ids).await?;
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        // A foreign key holds it there.
        let Some(choice) = choices.get(&row.variant_id).cloned() else { continue };
        let (variant, price) = (choice.variant, prices.get(&row.variant_id).copied());
        let crop =
            Crop { left: row.crop_left, top: row.crop_top, width: row.crop_width, height: row.crop_height };
        let picture = Area { width: row.width, height: row.height };
        let sharpness = variant.print.map(|print| print.sharpness(picture, crop, row.orientation));
        let is_sharp = sharpness.is_none_or(|(sharpness, _)| is_enough(sharpness, row.accepts_low_dpi));
        let problem = if !variant.is_active {
            Some(LineProblem::NotSold)
        } else if !row.is_there {
            Some(LineProblem::PictureGone)
        } else if price.is_none() {
            Some(LineProblem::NoPrice)
        } else if is_sharp {
            None
        } else {
            Some(LineProblem::TooFewPixels)
        };
        lines.push(Line {
            id: row.id,
            variant,
            product_slug: choice.slug,
            product_title: choice.title,
            product_kind: choice.kind,
            product_days: choice.days,
            image: Card {
                id: row.image_id,
                generation_id: row.generation_id,
                caption: row.caption,
                width: row.width,
                height: row.height,
                format: row.format,
                state: row.state,
                thumbnail_widths: row.thumbnail_widths,
                published_at: row.published_at,
                loves: row.loves,
                favourite: row.favourite,
            },
            is_own: row.is_own,
            orientation: row.orientation,
            crop,
            quantity: row.quantity,
            accepts_low_dpi: row.accepts_low_dpi,
            sharpness,
            price,
            problem,
        });
    }
    Ok(lines)
}

/// Whether a print may be sold to somebody who agreed to few pixels, or did not.
pub(super) fn is_enough(sharpness: Sharpness, accepts_low_dpi: bool) -> bool {
    match sharpness {
        Sharpness::Good | Sharpness::Fair => true,
        Sharpness::Low => accepts_low_dpi,
        Sharpness::TooLow => false,
    }
}
