//! What a customer asked for.

pub mod cancellation;
pub mod index;
pub mod new;
pub mod preview;
pub mod show;
pub mod unverified;
pub mod waiting;

use shop::generations::Size;

/// The ratio of a shape in the smallest whole numbers.
fn ratio(size: Size) -> (u32, u32) {
    let (width, height) = size.pixels();
    let (mut divisor, mut rest) = (width, height);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (width / divisor, height / divisor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_are_reduced() {
        assert_eq!(ratio(Size::Square), (1, 1));
        assert_eq!(ratio(Size::Portrait), (2, 3));
        assert_eq!(ratio(Size::ALandscape), (24, 17));
    }
}
