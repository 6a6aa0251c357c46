//! Coupons: what is taken off an order, by whom it may be used, and how often. A use is held while its order is to be paid, and
//! used or released after that.

mod office;
mod uses;

use chrono::{DateTime, Utc};
pub use office::{CreateError, NOTE_MAX, NewCoupon, Use, create, deactivate, list, reactivate, uses};
use serde::Serialize;
use sqlx::PgExecutor;
pub(crate) use uses::{hold, release, use_up, uses_of};

use crate::{
    Cause,
    ids::CouponId,
    money::{Currency, Money},
};

/// A whole, in hundredths of a per cent.
pub const WHOLE_BP: i64 = 10_000;

/// What a coupon takes off.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum CouponKind {
    /// A part of the goods.
    Percent,
    /// An amount of the goods.
    Fixed,
    /// What it costs to send them.
    FreeShipping,
}

/// What became of one use of a coupon.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum UseState {
    /// Its order is to be paid.
    Held,
    /// Its order is paid.
    Used,
    /// Its order ended without having been paid: the use is free again.
    Released,
}

/// Something that is taken off for who knows the code.
#[derive(Debug, Clone)]
pub struct Coupon {
    /// Which one.
    pub id: CouponId,
    /// What customers type, in capitals.
    pub code: String,
    /// What it takes off.
    pub kind: CouponKind,
    /// How much: in hundredths of a per cent, or in the smallest unit of `currency`.
    pub value: i64,
    /// The one currency in which it counts; nothing, in all.
    pub currency: Option<Currency>,
    /// The least sum of goods, in the smallest unit of `currency`.
    pub min_subtotal: i64,
    /// How often it can be used by all together; nothing, without end.
    pub max_uses: Option<i32>,
    /// How often by each customer; nothing, without end.
    pub max_uses_each: Option<i32>,
    /// How many uses are held or used.
    pub uses: i32,
    /// From when on it is good.
    pub starts_at: DateTime<Utc>,
    /// Until when, if that is known: at this moment it is not good any more.
    pub ends_at: Option<DateTime<Utc>>,
    /// Whether staff let it be used.
    pub is_active: bool,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// What is taken off an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Discount {
    /// Off the goods, in the smallest unit: never more than they cost.
    pub goods: i64,
    /// Whether it is sent for nothing.
    pub free_shipping: bool,
}

/// Why a coupon takes nothing off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CouponRefusal {
    /// There is none with this code.
    #[error("there is no such coupon")]
    Unknown,
    /// Staff took it back.
    #[error("the coupon is not active")]
    Inactive,
    /// Its time has not come. Customers are not told: the code of a campaign is not known before it begins.
    #[error("the coupon is not good yet")]
    NotYet,
    /// Its time is over since then.
    #[error("the coupon was good until {0}")]
    Over(DateTime<Utc>),
    /// It was used as often as all together may.
    #[error("the coupon is used up")]
    UsedUp,
    /// This customer used it as often as each may.
    #[error("this customer used the coupon as often as each may")]
    UsedUpByCustomer,
    /// It counts in another currency.
    #[error("the coupon counts in {0}")]
    OtherCurrency(Currency),
    /// The goods cost less than this.
    #[error("the coupon is for goods of {0} or more")]
    TooLittle(Money),
}

impl Coupon {
    /// What it takes off goods for this sum. A per cent is rounded to the smallest unit, a half up.
    pub fn discount(&self, currency: Currency, subtotal: i64) -> Result<Discount, CouponRefusal> {
        if let Some(only) = self.currency.filter(|only| *only != currency) {
            return Err(CouponRefusal::OtherCurrency(only));
        }
        if subtotal < self.min_subtotal {
            return Err(CouponRefusal::TooLittle(Money::new(self.min_subtotal, currency)));
        }
        let goods = match self.kind {
            CouponKind::Percent => {
                let whole = i128::from(WHOLE_BP);
                let part = (i128::from(subtotal) * i128::from(self.value) + whole / 2) / whole;
                i64::try_from(part).unwrap_or(subtotal)
            }
            CouponKind::Fixed => self.value,
            CouponKind::FreeShipping => 0,
        };
        let goods = goods.min(subtotal).max(0);
        Ok(Discount { goods, free_shipping: self.kind == CouponKind::FreeShipping })
    }

    /// Whether it is good at this moment for somebody who has not used it yet.
    pub fn usable(&self, at: DateTime<Utc>) -> Result<(), CouponRefusal> {
        if !self.is_active {
            return Err(CouponRefusal::Inactive);
        }
        if self.starts_at > at {
            return Err(CouponRefusal::NotYet);
        }
        if let Some(end) = self.ends_at.filter(|end| *end <= at) {
            return Err(CouponRefusal::Over(end));
        }
        if self.max_uses.is_some_and(|most| self.uses >= most) {
            return Err(CouponRefusal::UsedUp);
        }
        Ok(())
    }
}

/// A code as it is kept: without blanks, in capitals.
pub fn tidy(code: &str) -> String {
    code.split_whitespace().collect::<String>().to_uppercase()
}

/// The coupon with this code, however it was typed, if it is good now. Guessing codes is for the caller to slow down.
pub async fn find_usable(
    db: impl PgExecutor<'_>,
    cause: &Cause,
    code: &str,
) -> sqlx::Result<Result<Coupon, CouponRefusal>> {
    let code = tidy(code);
    // No code is another text, and no text of Postgres holds a NUL.
    if !is_code(&code) {
        return Ok(Err(CouponRefusal::Unknown));
    }
    let coupon = sqlx::query_as!(
        Coupon,
        r#"select id as "id: CouponId", code, kind as "kind: CouponKind", value, currency as "currency: Currency", min_subtotal,
                  max_uses, max_uses_each, uses, starts_at, ends_at, is_active, created_at
           from coupons where code = $1"#,
        code,
    )
    .fetch_optional(db)
    .await?;
    let Some(coupon) = coupon else { return Ok(Err(CouponRefusal::Unknown)) };
    Ok(coupon.usable(cause.at).map(|()| coupon))
}

/// A coupon, good or not.
pub async fn by_id(db: impl PgExecutor<'_>, id: CouponId) -> sqlx::Result<Option<Coupon>> {
    sqlx::query_as!(
        Coupon,
        r#"select id as "id: CouponId", code, kind as "kind: CouponKind", value, currency as "currency: Currency", min_subtotal,
                  max_uses, max_uses_each, uses, starts_at, ends_at, is_active, created_at
           from coupons where id = $1"#,
        id as CouponId,
    )
    .fetch_optional(db)
    .await
}

/// Whether a tidy text can be a code (`coupons_code_shape`).
pub fn is_code(tidy: &str) -> bool {
    (3..=30).contains(&tidy.len())
        && tidy.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coupon(kind: CouponKind, value: i64) -> Coupon {
        let at = DateTime::UNIX_EPOCH;
        Coupon {
            id: CouponId::new(at),
            code: "SPRING".to_owned(),
            kind,
            value,
            currency: None,
            min_subtotal: 0,
            max_uses: None,
            max_uses_each: None,
            uses: 0,
            starts_at: at,
            ends_at: None,
            is_active: true,
            created_at: at,
        }
    }

    #[test]
    fn a_per_cent_is_rounded_half_up_and_never_more_than_the_goods() {
        for (value, subtotal, goods) in [
            (1_000, 2_490, 249),
            (1_000, 2_495, 250),
            (1_000, 2_494, 249),
            (3_333, 100, 33),
            (3_350, 100, 34),
            (1, 4_999, 0),
            (1, 5_000, 1),
            (10_000, 2_490, 2_490),
            (1_000, 0, 0),
            (10_000, i64::MAX, i64::MAX),
        ] {
            let discount = coupon(CouponKind::Percent, value).discount(Currency::Eur, subtotal);
            assert_eq!(discount, Ok(Discount { goods, free_shipping: false }), "{value} of {subtotal}");
        }
    }

    #[test]
    fn an_amount_is_never_more_than_the_goods_and_counts_in_its_currency() {
        let fixed = Coupon { currency: Some(Currency::Eur), ..coupon(CouponKind::Fixed, 1_000) };
        let goods = |subtotal| fixed.discount(Currency::Eur, subtotal).map(|discount| discount.goods);
        assert_eq!((goods(2_490), goods(999), goods(0)), (Ok(1_000), Ok(999), Ok(0)));
        assert_eq!(fixed.discount(Currency::Jpy, 9_000), Err(CouponRefusal::OtherCurrency(Currency::Eur)));
        let least = Coupon { min_subtotal: 2_000, ..fixed };
        let refusal = CouponRefusal::TooLittle(Money::new(2_000, Currency::Eur));
        assert_eq!(least.discount(Currency::Eur, 1_999), Err(refusal));
        assert!(least.discount(Currency::Eur, 2_000).is_ok());
    }

    #[test]
    fn free_shipping_leaves_the_goods_alone() {
        let discount = coupon(CouponKind::FreeShipping, 0).discount(Currency::Krw, 38_900);
        assert_eq!(discount, Ok(Discount { goods: 0, free_shipping: true }));
    }

    #[test]
    fn codes_are_read_however_they_are_typed() {
        assert_eq!(tidy("  spring 26\u{a0}"), "SPRING26");
        assert!(is_code("SPRING26") && !is_code("AB") && !is_code("spring") && !is_code("SPR-26"));
        assert!(!is_code("SPRING\0") && !is_code(&"A".repeat(31)));
    }
}
