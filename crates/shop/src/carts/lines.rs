//! What is put into carts, changed in them and taken out of them.

use sqlx::{PgPool, PgTransaction};

use super::{Held, Owner, hold, open, snapshots::is_enough};
use crate::{
    Cause, StaleTransition,
    crops::{Area, Crop, Orientation},
    ids::{AccountId, CartId, CartLineId, ImageId, VariantId},
    money::Currency,
    prices,
    products::{self, Choice, ProductKind},
    violated_constraint,
};

/// Most lines of one cart. A payment provider's page lists 100 at most (Stripe, `line_items`).
pub const LINES_MAX: i64 = 50;
/// Most of one thing; `cart_lines_quantity_range`.
pub const QUANTITY_MAX: i32 = 99;

/// What somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewLine {
    /// The thing.
    pub variant_id: VariantId,
    /// The picture on it.
    pub image_id: ImageId,
    /// Which way it hangs.
    pub orientation: Orientation,
    /// Which part of the picture is printed. Of a file it is all of it, whatever stands here.
    pub crop: Crop,
    /// How many.
    pub quantity: i32,
    /// Whether they agreed to a print with fewer pixels than are good for it.
    pub accepts_low_dpi: bool,
}

/// What became of a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added {
    /// The line that it is in.
    pub line_id: CartLineId,
    /// How many of it there are now.
    pub quantity: i32,
    /// Whether it would have been more than there may be of it.
    pub is_capped: bool,
}

/// Why a choice cannot be put into a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The shop does not sell it, or not any more.
    #[error("not sold")]
    NotSold,
    /// It is not sold in this currency.
    #[error("no price in {0}")]
    NoPrice(Currency),
    /// There is no such picture, or it is not for this buyer.
    #[error("no such picture")]
    NoPicture,
    /// The part of the picture does not have the shape of the thing, or the thing cannot be turned like that.
    #[error("the crop does not fit")]
    BadCrop,
    /// The part has so few pixels an inch that it is not sold.
    #[error("only {0} pixels an inch")]
    TooFewPixels(i32),
    /// The part has so few pixels an inch that the buyer must agree.
    #[error("{0} pixels an inch, without the buyer's consent")]
    FewPixels(i32),
    /// So many of it are none, or more than there may be.
    #[error("not a quantity up to {0}")]
    BadQuantity(i32),
    /// The cart has [`LINES_MAX`] lines.
    #[error("the cart is full")]
    Full,
}

/// Why a quantity is not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// The line is not in this cart, or not any more.
    #[error(transparent)]
    Stale(#[from] StaleTransition),
    /// It is not between one and this.
    #[error("not a quantity up to {0}")]
    Bad(i32),
}

/// Most of one line: of a file there is one, which is as good as many.
pub fn most(kind: ProductKind) -> i32 {
    match kind {
        ProductKind::Download => 1,
        ProductKind::Poster
        | ProductKind::Framed
        | ProductKind::Canvas
        | ProductKind::Mug
        | ProductKind::Tee => QUANTITY_MAX,
    }
}

/// Puts a choice into somebody's cart. With the first one the cart is made, in this currency; the same choice again adds to what is
/// there.
pub async fn add(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    currency: Currency,
    new: &NewLine,
) -> sqlx::Result<Result<Added, LineError>> {
    put_one(db, cause, owner, currency, new, CartLineId::new(cause.at), i32::saturating_add).await
}

/// Brings back a line that was removed, under its old id and so in its old place. A second time changes nothing.
pub async fn restore(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    currency: Currency,
    line: &Removed,
) -> sqlx::Result<Result<Added, LineError>> {
    let put = put_one(db, cause, owner, currency, &line.choice, line.id, i32::max).await;
    match put {
        // Somebody else's line has this id: it was not made up by us.
        Err(error) if violated_constraint(&error) == Some("cart_lines_pkey") => Ok(Err(LineError::NoPicture)),
        put => put,
    }
}

/// A line that is not in a cart any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Removed {
    /// Which one it was.
    pub id: CartLineId,
    /// What was chosen.
    pub choice: NewLine,
}

/// Takes a line out of somebody's cart.
pub async fn remove(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    id: CartLineId,
) -> sqlx::Result<Result<Removed, StaleTransition>> {
    let mut tx = db.begin().await?;
    let Some(cart) = hold(&mut tx, cause, owner).await? else { return Ok(Err(StaleTransition)) };
    let row = sqlx::query!(
        r#"delete from cart_lines where id = $1 and cart_id = $2
           returning variant_id as "variant_id: VariantId", image_id as "image_id: ImageId", orientation as "orientation: Orientation",
                     crop_left, crop_top, crop_width, crop_height, quantity, accepts_low_dpi"#,
        id as CartLineId,
        cart.id as CartId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(Err(StaleTransition)) };
    tx.commit().await?;
    let crop =
        Crop { left: row.crop_left, top: row.crop_top, width: row.crop_width, height: row.crop_height };
    let choice = NewLine {
        variant_id: row.variant_id,
        image_id: row.image_id,
        orientation: row.orientation,
        crop,
        quantity: row.quantity,
        accepts_low_dpi: row.accepts_low_dpi,
    };
    Ok(Ok(Removed { id, choice }))
}

/// Changes how many of a line there are.
pub async fn set_quantity(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    id: CartLineId,
    quantity: i32,
) -> sqlx::Result<Result<(), QuantityError>> {
    let mut tx = db.begin().await?;
    let Some(cart) = hold(&mut tx, cause, owner).await? else { return Ok(Err(StaleTransition.into())) };
    let line = sqlx::query!(
        r#"select l.quantity, p.kind as "kind: ProductKind"
           from cart_lines l join variants v on v.id = l.variant_id join products p on p.id = v.product_id
           where l.id = $1 and l.cart_id = $2"#,
        id as CartLineId,
        cart.id as CartId,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(line) = line else { return Ok(Err(StaleTransition.into())) };
    let most = most(line.kind);
    if !(1..=most).contains(&quantity) {
        return Ok(Err(QuantityError::Bad(most)));
    }
    if quantity == line.quantity {
        return Ok(Ok(()));
    }
    sqlx::query!("update cart_lines set quantity = $2 where id = $1", id as CartLineId, quantity)
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// Puts what was ordered into somebody's cart, all in one transaction, and returns how many of it went in. What is there already
/// stays as it is if it is as many: a cart keeps what was ordered until it is paid. Nothing changes if nothing goes in.
pub(crate) async fn put_back(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    currency: Currency,
    choices: &[NewLine],
) -> sqlx::Result<usize> {
    let mut tx = db.begin().await?;
    let cart = open(&mut tx, cause, owner, currency).await?;
    let mut added = 0;
    for choice in choices {
        let put = put(&mut tx, cause, owner, cart, choice, CartLineId::new(cause.at), i32::max).await?;
        added += usize::from(put.is_ok());
    }
    if added > 0 {
        tx.commit().await?;
    }
    Ok(added)
}

async fn put_one(
    db: &PgPool,
    cause: &Cause,
    owner: &Owner,
    currency: Currency,
    new: &NewLine,
    id: CartLineId,
    together: fn(i32, i32) -> i32,
) -> sqlx::Result<Result<Added, LineError>> {
    let mut tx = db.begin().await?;
    let cart = open(&mut tx, cause, owner, currency).await?;
    let put = put(&mut tx, cause, owner, cart, new, id, together).await?;
    // What was opened for something that does not go in is gone with the transaction.
    if put.is_ok() {
        tx.commit().await?;
    }
    Ok(put)
}

async fn put(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    owner: &Owner,
    cart: Held,
    new: &NewLine,
    id: CartLineId,
    together: fn(i32, i32) -> i32,
) -> sqlx::Result<Result<Added, LineError>> {
    let (new, most) = match check(tx, cause, owner, cart, new).await? {
        Ok(checked) => checked,
        Err(error) => return Ok(Err(error)),
    };
    let there = sqlx::query!(
        r#"select id as "id: CartLineId", quantity from cart_lines
           where cart_id = $1 and variant_id = $2 and image_id = $3 and orientation = $4
                 and crop_left = $5 and crop_top = $6 and crop_width = $7 and crop_height = $8"#,
        cart.id as CartId,
        new.variant_id as VariantId,
        new.image_id as ImageId,
        new.orientation as Orientation,
        new.crop.left,
        new.crop.top,
        new.crop.width,
        new.crop.height,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let (line_id, wanted) = if let Some(line) = there {
        (line.id, together(line.quantity, new.quantity))
    } else {
        let lines = sqlx::query_scalar!(
            r#"select count(*) as "lines!" from cart_lines where cart_id = $1"#,
            cart.id as CartId
        )
        .fetch_one(&mut **tx)
        .await?;
        if lines >= LINES_MAX {
            return Ok(Err(LineError::Full));
        }
        (id, new.quantity)
    };
    let quantity = wanted.min(most);
    sqlx::query!(
        "insert into cart_lines (id, cart_id, variant_id, image_id, orientation, crop_left, crop_top, crop_width, crop_height,
                                 quantity, accepts_low_dpi, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict on constraint cart_lines_choice_once do update
         set quantity = excluded.quantity, accepts_low_dpi = cart_lines.accepts_low_dpi or excluded.accepts_low_dpi",
        line_id as CartLineId,
        cart.id as CartId,
        new.variant_id as VariantId,
        new.image_id as ImageId,
        new.orientation as Orientation,
        new.crop.left,
        new.crop.top,
        new.crop.width,
        new.crop.height,
        quantity,
        new.accepts_low_dpi,
        cause.at,
    )
    .execute(&mut **tx)
    .await?;
    Ok(Ok(Added { line_id, quantity, is_capped: quantity < wanted }))
}

/// A choice as it is kept, and how many there may be of it.
async fn check(
    tx: &mut PgTransaction<'_>,
    cause: &Cause,
    owner: &Owner,
    cart: Held,
    new: &NewLine,
) -> sqlx::Result<Result<(NewLine, i32), LineError>> {
    if !(1..=QUANTITY_MAX).contains(&new.quantity) {
        return Ok(Err(LineError::BadQuantity(QUANTITY_MAX)));
    }
    let choice = products::choices(&mut **tx, &[new.variant_id]).await?.remove(&new.variant_id);
    let Some(choice) = choice.filter(|choice| choice.variant.is_active) else {
        return Ok(Err(LineError::NotSold));
    };
    if prices::current(&mut **tx, cause, cart.currency, &[new.variant_id]).await?.is_empty() {
        return Ok(Err(LineError::NoPrice(cart.currency)));
    }
    // Its row stays until the line is there.
    let picture = sqlx::query_as!(
        Area,
        "select width, height from images
         where id = $1 and ((account_id = $2 and deleted_at is null) or visibility = 'published') for key share",
        new.image_id as ImageId,
        owner.account_id() as Option<AccountId>,
    )
    .fetch_optional(&mut **tx)
    .await?;
    let Some(picture) = picture else { return Ok(Err(LineError::NoPicture)) };
    let most = most(choice.kind);
    Ok(fitted(&choice, picture, new).map(|new| (new, most)))
}

/// A choice whose picture fits it and is sharp enough.
fn fitted(choice: &Choice, picture: Area, new: &NewLine) -> Result<NewLine, LineError> {
    let Some(print) = choice.variant.print else {
        return Ok(NewLine { orientation: Orientation::Portrait, crop: Crop::ALL, ..*new });
    };
    let turns = choice.variant.turns || new.orientation == Orientation::Portrait;
    if !turns || !new.crop.fits(picture, print.hung(new.orientation)) {
        return Err(LineError::BadCrop);
    }
    let (sharpness, dpi) = print.sharpness(picture, new.crop, new.orientation);
    if is_enough(sharpness, new.accepts_low_dpi) {
        Ok(*new)
    } else if is_enough(sharpness, true) {
        Err(LineError::FewPixels(dpi))
    } else {
        Err(LineError::TooFewPixels(dpi))
    }
}
