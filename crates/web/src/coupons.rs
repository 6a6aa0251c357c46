//! What customers read where a coupon takes nothing off.

use std::borrow::Cow;

use shop::coupons::CouponRefusal;

/// Why, and what to do. Whether a code that is not good exists is nobody's business.
pub fn words(refusal: CouponRefusal) -> Cow<'static, str> {
    match refusal {
        CouponRefusal::Unknown | CouponRefusal::Inactive | CouponRefusal::NotYet => {
            "This code is not good. Perhaps a letter went astray: please look at it once more.".into()
        }
        CouponRefusal::Over(end) => {
            format!("This coupon was good until {}, and takes nothing off any more.", end.format("%-d %B %Y"))
                .into()
        }
        CouponRefusal::UsedUp => {
            "All uses of this coupon are gone. Should somebody leave theirs, it works again.".into()
        }
        CouponRefusal::UsedUpByCustomer => "You have used this coupon as often as each customer can.".into(),
        CouponRefusal::OtherCurrency(only) => {
            format!("This coupon is for orders in {}. You can change the currency of your cart.", only.name())
                .into()
        }
        CouponRefusal::TooLittle(least) => {
            format!("This coupon is for goods of {least} or more. A little more in the cart, and it counts.")
                .into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whether_a_code_exists_is_not_told() {
        let unknown = words(CouponRefusal::Unknown);
        for refusal in [CouponRefusal::Inactive, CouponRefusal::NotYet] {
            assert_eq!(words(refusal), unknown);
        }
    }
}
