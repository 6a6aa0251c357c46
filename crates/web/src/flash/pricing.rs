//! What happened to what things cost just before this page.

/// What happened to what things cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::EnumString, strum::VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum PricingFlash {
    /// A price list was begun.
    ListMade,
    /// The terms of a price list were changed.
    ListSaved,
    /// Prices of a list were changed.
    Changed,
    /// A price list counts.
    ListPublished,
    /// A price list counts no more.
    ListWithdrawn,
    /// A draft of a price list is gone.
    ListDeleted,
    /// There is another coupon.
    CouponMade,
    /// A coupon cannot be used any more.
    CouponTakenBack,
    /// A coupon can be used again.
    CouponBroughtBack,
}

impl PricingFlash {
    /// In words.
    pub(super) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::ListMade => ("done", "The list is begun. It counts nowhere until you publish it."),
            Self::ListSaved => ("done", "The name, the rank and the times are saved."),
            Self::Changed => ("done", "The prices are saved."),
            Self::ListPublished => ("done", "The list is published. It counts as long as its time lasts."),
            Self::ListWithdrawn => {
                ("done", "The list is withdrawn. What was ordered at its prices keeps them.")
            }
            Self::ListDeleted => ("done", "The draft is thrown away."),
            Self::CouponMade => ("done", "The coupon is made. Whoever has its code can use it in its time."),
            Self::CouponTakenBack => {
                ("done", "The coupon is taken back. Orders that have it already keep it.")
            }
            Self::CouponBroughtBack => ("done", "The coupon can be used again."),
        }
    }
}
