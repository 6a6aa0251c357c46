//! What staff do with coupons. What one takes off is never changed: whoever has its code was promised that.

use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::{PgExecutor, PgPool};

use super::{Coupon, CouponKind, UseState};
use crate::{
    Cause, StaleTransition,
    audit::{self, Actor, Deed},
    ids::{CouponId, OrderId},
    money::Currency,
    violated_constraint,
};

/// Longest note on why a coupon is taken back, in characters.
pub const NOTE_MAX: usize = 300;

/// A coupon to be made.
#[derive(Debug, Clone)]
pub struct NewCoupon {
    /// As [`super::is_code`] wants it.
    pub code: String,
    /// What it takes off.
    pub kind: CouponKind,
    /// In hundredths of a per cent or in the smallest unit of `currency`; 0 for shipping.
    pub value: i64,
    /// The one currency in which it counts. An amount needs one.
    pub currency: Option<Currency>,
    /// The least sum of goods, in the smallest unit of `currency`.
    pub min_subtotal: i64,
    /// How often by all together.
    pub max_uses: Option<i32>,
    /// How often by each customer.
    pub max_uses_each: Option<i32>,
    /// From when on.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Why a coupon was not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CreateError {
    /// There is one with this code.
    #[error("the code is taken")]
    CodeTaken,
}

/// A use of a coupon, for the office.
#[derive(Debug, Clone)]
pub struct Use {
    /// By which order.
    pub order_id: OrderId,
    /// What people call it by.
    pub order_number: i64,
    /// Whose order it is.
    pub email: String,
    /// What became of it.
    pub state: UseState,
    /// Since when it is held.
    pub created_at: DateTime<Utc>,
}

/// All of them, newest first.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<Coupon>> {
    sqlx::query_as!(
        Coupon,
        r#"select id as "id: CouponId", code, kind as "kind: CouponKind", value, currency as "currency: Currency", min_subtotal,
                  max_uses, max_uses_each, uses, starts_at, ends_at, is_active, created_at
           from coupons order by id desc"#
    )
    .fetch_all(db)
    .await
}

/// Staff make a coupon.
pub async fn create(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    new: &NewCoupon,
) -> sqlx::Result<Result<CouponId, CreateError>> {
    let mut tx = db.begin().await?;
    let id = CouponId::new(cause.at);
    let made = sqlx::query!(
        "insert into coupons (id, code, kind, value, currency, min_subtotal, max_uses, max_uses_each, starts_at, ends_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        id as CouponId,
        new.code,
        new.kind as CouponKind,
        new.value,
        new.currency as Option<Currency>,
        new.min_subtotal,
        new.max_uses,
        new.max_uses_each,
        new.starts_at,
        new.ends_at,
        cause.at,
    )
    .execute(&mut *tx)
    .await;
    match made {
        Err(error) if violated_constraint(&error) == Some("coupons_code_once") => {
            return Ok(Err(CreateError::CodeTaken));
        }
        made => made?,
    };
    let kind: &str = new.kind.into();
    let after = json!({
        "code": new.code, "kind": kind, "value": new.value, "currency": new.currency.map(Currency::code),
        "min_subtotal": new.min_subtotal, "max_uses": new.max_uses, "max_uses_each": new.max_uses_each,
        "starts_at": new.starts_at, "ends_at": new.ends_at,
    });
    let deed = Deed {
        action: "coupon.create",
        subject_kind: "coupon",
        subject_id: &id.to_string(),
        before: None,
        after: Some(after),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(id))
}

/// Staff take a coupon back, and say why. Orders that hold it keep it.
pub async fn deactivate(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: CouponId,
    note: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    turn(db, cause, actor, id, false, note).await
}

/// Staff let a coupon be used again, and say why.
pub async fn reactivate(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: CouponId,
    note: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    turn(db, cause, actor, id, true, note).await
}

async fn turn(
    db: &PgPool,
    cause: &Cause,
    actor: &Actor,
    id: CouponId,
    is_active: bool,
    note: &str,
) -> sqlx::Result<Result<(), StaleTransition>> {
    let mut tx = db.begin().await?;
    let code = sqlx::query_scalar!(
        "update coupons set is_active = $2 where id = $1 and is_active <> $2 returning code",
        id as CouponId,
        is_active,
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(code) = code else { return Ok(Err(StaleTransition)) };
    let deed = Deed {
        action: if is_active { "coupon.reactivate" } else { "coupon.deactivate" },
        subject_kind: "coupon",
        subject_id: &id.to_string(),
        before: Some(json!({ "code": code, "active": !is_active })),
        after: Some(json!({ "code": code, "active": is_active, "note": note })),
    };
    audit::record(&mut tx, cause, actor, &deed).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// By which orders a coupon was used, newest first, `limit` of them.
pub async fn uses(db: impl PgExecutor<'_>, id: CouponId, limit: i64) -> sqlx::Result<Vec<Use>> {
    sqlx::query_as!(
        Use,
        r#"select u.order_id as "order_id: OrderId", o.number as order_number, o.email, u.state as "state: UseState", u.created_at
           from coupon_uses u join orders o on o.id = u.order_id
           where u.coupon_id = $1 order by u.created_at desc, u.order_id desc limit $2"#,
        id as CouponId,
        limit,
    )
    .fetch_all(db)
    .await
}
