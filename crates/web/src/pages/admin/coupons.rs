//! Coupons as the office sees them.

pub mod deactivation;
pub mod index;
pub mod new;
pub mod reactivation;
pub mod show;

use std::fmt::Display;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shop::{
    coupons::{Coupon, CouponKind, CouponRefusal},
    money::Money,
};

use super::Badge;
use crate::{forms::percents, views};

/// Where they are.
pub const PATH: &str = "/admin/coupons";

/// Where one of them is.
pub fn path(id: impl Display) -> String {
    format!("{PATH}/{id}")
}

/// A coupon, among others and on its own page.
#[derive(Debug, Clone, Serialize)]
struct Row {
    href: String,
    code: String,
    badge: Badge,
    /// What it takes off.
    what: String,
    /// For whom and how often.
    terms: Vec<String>,
    uses: i32,
    max_uses: Option<i32>,
    starts_at: String,
    ends_at: Option<String>,
    is_active: bool,
}

impl Row {
    fn new(coupon: &Coupon, at: DateTime<Utc>) -> Self {
        Self {
            href: path(coupon.id),
            code: coupon.code.clone(),
            badge: badge(coupon, at),
            what: what(coupon),
            terms: terms(coupon),
            uses: coupon.uses,
            max_uses: coupon.max_uses,
            starts_at: views::moment(coupon.starts_at),
            ends_at: coupon.ends_at.map(views::moment),
            is_active: coupon.is_active,
        }
    }

    /// One that is good, and one that is not.
    fn samples() -> Vec<Self> {
        let good = Self {
            href: path("0"),
            code: "SPRING26".to_owned(),
            badge: Badge { class: "is-ready", text: "Good now" },
            what: "10% off the goods".to_owned(),
            terms: vec![],
            uses: 3,
            max_uses: None,
            starts_at: "2026-11-24T05:30:12Z".to_owned(),
            ends_at: None,
            is_active: true,
        };
        let off = Self {
            badge: Badge { class: "is-cancelled", text: "Taken back" },
            terms: vec!["once for each customer".to_owned()],
            max_uses: Some(10),
            ends_at: Some("2026-12-24T05:30:12Z".to_owned()),
            is_active: false,
            ..good.clone()
        };
        vec![good, off]
    }
}

fn badge(coupon: &Coupon, at: DateTime<Utc>) -> Badge {
    match coupon.usable(at) {
        Ok(()) => Badge { class: "is-ready", text: "Good now" },
        Err(CouponRefusal::NotYet) => Badge { class: "is-queued", text: "Not yet" },
        Err(CouponRefusal::Over(_)) => Badge { class: "is-cancelled", text: "Over" },
        Err(CouponRefusal::UsedUp) => Badge { class: "is-cancelled", text: "Used up" },
        Err(
            CouponRefusal::Unknown
            | CouponRefusal::Inactive
            | CouponRefusal::UsedUpByCustomer
            | CouponRefusal::OtherCurrency(_)
            | CouponRefusal::TooLittle(_),
        ) => Badge { class: "is-cancelled", text: "Taken back" },
    }
}

fn what(coupon: &Coupon) -> String {
    match (coupon.kind, coupon.currency) {
        (CouponKind::Percent, _) => format!("{}% off the goods", percents::text(coupon.value)),
        (CouponKind::Fixed, Some(currency)) => {
            format!("{} off the goods", Money::new(coupon.value, currency))
        }
        // An amount has a currency (`coupons_value_fits_kind`).
        (CouponKind::Fixed, None) => format!("{} off the goods", coupon.value),
        (CouponKind::FreeShipping, _) => "Sent for nothing".to_owned(),
    }
}

fn terms(coupon: &Coupon) -> Vec<String> {
    let mut terms = Vec::new();
    if let Some(currency) = coupon.currency {
        terms.push(format!("in {}", currency.name()));
        if coupon.min_subtotal > 0 {
            terms.push(format!("for goods of {} or more", Money::new(coupon.min_subtotal, currency)));
        }
    }
    match coupon.max_uses_each {
        None => {}
        Some(1) => terms.push("once for each customer".to_owned()),
        Some(times) => terms.push(format!("{times} times for each customer")),
    }
    terms
}
