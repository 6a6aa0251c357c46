//! What happened to the cart just before this page.

use std::{fmt, str::FromStr};

use shop::carts::Removed;

use super::{Undo, UnknownFlash};
use crate::pages::cart::lines::restoration;

/// What happened to the cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CartFlash {
    /// Something was put into it.
    Added,
    /// Something was put into it, of which there are as many now as may be.
    HasMost,
    /// Something was taken out of it, and can be had back.
    Removed(Removed),
    /// It is back.
    Restored,
    /// It has a coupon.
    CouponAdded,
    /// It has no coupon any more.
    CouponRemoved,
    /// Nothing is sold in the currency that was chosen.
    CurrencyNotOffered,
    /// Something in it cannot be ordered as it is any more.
    NeedsALook,
    /// A step of ordering it has to be done once more.
    StepMissing,
}

impl CartFlash {
    /// In words.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Added => ("done", "It is in your cart."),
            Self::HasMost => {
                ("done", "It is in your cart. There are as many of it now as we take at once, and not more.")
            }
            Self::Removed(_) => ("done", "It is not in your cart any more."),
            Self::Restored => ("done", "It is in your cart again."),
            Self::CouponAdded => ("done", "The coupon is in your cart."),
            Self::CouponRemoved => ("done", "The coupon is not in your cart any more."),
            Self::CurrencyNotOffered => {
                ("problem", "We do not sell in that currency at the moment. Please choose another one.")
            }
            Self::NeedsALook => (
                "problem",
                "Something in your cart is not as it was any more. Nothing was ordered: please look at what is marked.",
            ),
            Self::StepMissing => (
                "problem",
                "Something changed meanwhile, so that we need to ask this once more. Nothing was ordered.",
            ),
        }
    }

    /// The way back, if there is one.
    pub(super) fn undo(self) -> Option<Undo> {
        match self {
            Self::Removed(removed) => {
                let action = "/cart/lines/restoration".to_owned();
                Some(Undo { action, label: "Put it back", fields: restoration::carried(&removed) })
            }
            Self::Added
            | Self::HasMost
            | Self::Restored
            | Self::CouponAdded
            | Self::CouponRemoved
            | Self::CurrencyNotOffered
            | Self::NeedsALook
            | Self::StepMissing => None,
        }
    }
}

impl fmt::Display for CartFlash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Added => f.write_str("cart.added"),
            Self::HasMost => f.write_str("cart.has-most"),
            Self::Removed(removed) => write!(f, "cart.removed.{}", restoration::written(removed)),
            Self::Restored => f.write_str("cart.restored"),
            Self::CouponAdded => f.write_str("cart.coupon-added"),
            Self::CouponRemoved => f.write_str("cart.coupon-removed"),
            Self::CurrencyNotOffered => f.write_str("cart.currency-not-offered"),
            Self::NeedsALook => f.write_str("cart.needs-a-look"),
            Self::StepMissing => f.write_str("cart.step-missing"),
        }
    }
}

/// What follows `cart.`.
impl FromStr for CartFlash {
    type Err = UnknownFlash;

    fn from_str(text: &str) -> Result<Self, UnknownFlash> {
        Ok(match text {
            "added" => Self::Added,
            "has-most" => Self::HasMost,
            "restored" => Self::Restored,
            "coupon-added" => Self::CouponAdded,
            "coupon-removed" => Self::CouponRemoved,
            "currency-not-offered" => Self::CurrencyNotOffered,
            "needs-a-look" => Self::NeedsALook,
            "step-missing" => Self::StepMissing,
            other => {
                let removed = other.strip_prefix("removed.").and_then(restoration::read);
                Self::Removed(removed.ok_or(UnknownFlash)?)
            }
        })
    }
}
