//! Which sizes the image models draw.

use super::refusals::Refusal;

const LONGEST_EDGE: u32 = 3840;
const FEWEST_PIXELS: u32 = 655_360;
const MOST_PIXELS: u32 = 8_294_400;

/// What `auto` means without a picture to follow.
pub(super) const SQUARE: (u32, u32) = (1024, 1024);

/// The size that was asked for, `None` for `auto`.
pub(super) fn parse(size: &str) -> Result<Option<(u32, u32)>, Refusal> {
    if size == "auto" {
        return Ok(None);
    }
    let refuse = |why: &str| Err(Refusal::invalid_value("size", format!("Invalid size '{size}'. {why}")));
    let edges = size.split_once('x').map(|(width, height)| (width.parse(), height.parse()));
    let Some((Ok(width), Ok(height))) = edges else {
        return refuse("Use 'auto' or WIDTHxHEIGHT, for example '1536x1024'.");
    };
    let (width, height): (u32, u32) = (width, height);
    if width == 0 || height == 0 || width % 16 != 0 || height % 16 != 0 {
        return refuse("Width and height must both be divisible by 16.");
    }
    if width.max(height) > LONGEST_EDGE {
        return refuse("The longest edge must be less than or equal to 3840.");
    }
    if width.max(height) > 3 * width.min(height) {
        return refuse("The aspect ratio must be between 1:3 and 3:1.");
    }
    match width * height {
        ..FEWEST_PIXELS => refuse("Requested resolution is below the current minimum pixel budget."),
        FEWEST_PIXELS..=MOST_PIXELS => Ok(Some((width, height))),
        _ => refuse("Requested resolution exceeds the current maximum pixel budget."),
    }
}

/// The size nearest to a picture's own shape, with about as many pixels as the square has.
pub(super) fn like(width: u32, height: u32) -> (u32, u32) {
    let ratio = (f64::from(width.max(1)) / f64::from(height.max(1))).clamp(1.0 / 3.0, 3.0);
    let edge = |length: f64| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 1,800")]
        let steps = (length / 16.0).floor() as u32;
        steps * 16
    };
    // The shorter edge is rounded first: rounding both down could pass the ratio's limit.
    let short = edge(1024.0 / ratio.max(1.0 / ratio).sqrt());
    let long = edge(f64::from(short) * ratio.max(1.0 / ratio));
    if ratio >= 1.0 { (long, short) } else { (short, long) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules() {
        for good in ["1024x1024", "1536x1024", "1024x1536", "3840x2160", "816x816", "1664x560", "1536x864"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in
            ["512x512", "1000x1000", "4096x1024", "3088x1024", "3840x2176", "0x16", "x", "", "1024", "-16x16"]
        {
            let refusal = parse(bad).expect_err(bad);
            assert_eq!((refusal.status, refusal.code), (400, Some("invalid_value")), "{bad}");
            assert_eq!(refusal.param.as_deref(), Some("size"));
        }
        assert_eq!(parse("auto").ok(), Some(None));
    }

    #[test]
    fn auto_follows_the_picture() {
        for (width, height) in
            [(1, 1), (4000, 3000), (300, 900), (100, 5000), (9000, 10), (1024, 1024), (0, 0)]
        {
            let (w, h) = like(width, height);
            assert!(parse(&format!("{w}x{h}")).is_ok(), "{width}x{height} became {w}x{h}");
        }
        assert_eq!(like(1000, 1000), SQUARE);
    }
}
