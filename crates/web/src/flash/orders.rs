//! What happened to an order just before this page.

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum OrderFlash {
    /// An order was placed, and is paid next.
    Placed,
    /// An order that was there is paid next.
    ToPay,
    /// An order was called off.
    CalledOff,
    /// Money for an order is on its way, so that it is not called off.
    MoneyUnderWay,
    /// An order cannot be taken up again, since it would be another one now.
    Changed,
    /// An order cannot be taken up again, since its coupon is gone.
    CouponGone,
    /// What was in an order is in the cart.
    PutBack,
    /// A part of what was in an order is in the cart.
    PartlyPutBack,
    /// Nothing of an order can be bought any more.
    NothingPutBack,
    /// A link to an order was asked for.
    LinkAsked,
    /// An order that was held goes on.
    Released,
    /// An order that was held stays unpaid.
    StaysUnpaid,
}

impl OrderFlash {
    /// Whether whoever reads it is on the way to pay.
    pub fn leads_to_payment(self) -> bool {
        matches!(self, Self::Placed | Self::ToPay)
    }

    /// In words.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Placed => ("done", "Your order is placed."),
            Self::ToPay => ("done", "Your order is as you left it."),
            Self::CalledOff => {
                ("done", "Your order is called off. Nothing is made, and nothing is to be paid.")
            }
            Self::MoneyUnderWay => (
                "problem",
                "Your money is on its way to us already, so we cannot call the order off here. Please write to us, and we send it back.",
            ),
            Self::Changed => (
                "problem",
                "Prices or pictures have changed meanwhile, so the order cannot be taken up as it was. Put it back into the cart, and you see what it costs now.",
            ),
            Self::CouponGone => (
                "problem",
                "The coupon of this order cannot be used any more. Put the order back into the cart, and you see what it costs without.",
            ),
            Self::PutBack => ("done", "Everything is back in your cart."),
            Self::PartlyPutBack => (
                "done",
                "What can still be bought is back in your cart. Some of it is not sold any more, or its picture is gone.",
            ),
            Self::NothingPutBack => (
                "problem",
                "Nothing of this order can be bought any more: it is not sold, or the pictures are gone.",
            ),
            Self::LinkAsked => {
                ("done", "If there is such an order, a letter with a link to it is on its way to you.")
            }
            Self::Released => ("done", "The order goes on."),
            Self::StaysUnpaid => {
                ("done", "The order is held no more. All money went back, so it stays unpaid.")
            }
        }
    }
}
