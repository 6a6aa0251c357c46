//! Which part of a picture is printed, which way the thing hangs, and whether there are pixels enough for it.

use serde::{Deserialize, Serialize};

/// What a crop's numbers are parts of: the whole width or height of a picture.
pub const WHOLE: i32 = 10_000;

/// How many millimetres an inch has, times ten.
const INCH_TENTHS_MM: i64 = 254;

/// Which way a thing hangs. What does not turn is always `Portrait`, whatever its shape.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    sqlx::Type,
    strum::VariantArray,
    strum::IntoStaticStr,
    strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Orientation {
    /// As the catalogue has it.
    Portrait,
    /// A quarter turned.
    Landscape,
}

/// The part of a picture that is printed, in ten-thousandths of its width and height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "a rectangle")]
pub struct Crop {
    pub left: i32,
    pub top: i32,
    pub width: i32,
    pub height: i32,
}

/// Where in a picture a crop lies, for those who choose by words instead of by hand.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Serialize, strum::VariantArray, strum::IntoStaticStr, strum::EnumString,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Place {
    /// The middle.
    Middle,
    /// The top, or the left.
    Start,
    /// The bottom, or the right.
    End,
}

/// A width and a height, both positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "a rectangle")]
pub struct Area {
    pub width: i32,
    pub height: i32,
}

impl Area {
    /// The same area the way it hangs; as it is, it stands as the catalogue has it.
    #[must_use]
    pub fn turned(self, orientation: Orientation) -> Self {
        match orientation {
            Orientation::Portrait => self,
            Orientation::Landscape => Self { width: self.height, height: self.width },
        }
    }
}

/// Whether a picture has pixels enough for a print. Printers ask for 150 pixels an inch and see no gain above 300; the
/// thresholds stand with each variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharpness {
    /// Nothing to say.
    Good,
    /// Worth a note.
    Fair,
    /// The buyer must agree.
    Low,
    /// It is not sold.
    TooLow,
}

impl Crop {
    /// All of the picture.
    pub const ALL: Self = Self { left: 0, top: 0, width: WHOLE, height: WHOLE };

    /// As much of a picture as fills an area of this shape.
    pub fn filling(picture: Area, area: Area, place: Place) -> Self {
        let [pw, ph, aw, ah] =
            [picture.width, picture.height, area.width, area.height].map(|side| i64::from(side.max(1)));
        let part = |numerator: i64, denominator: i64| {
            let part = (numerator * i64::from(WHOLE) / denominator).clamp(1, i64::from(WHOLE));
            i32::try_from(part).unwrap_or(WHOLE)
        };
        let (width, height) =
            if pw * ah > ph * aw { (part(ph * aw, pw * ah), WHOLE) } else { (WHOLE, part(pw * ah, ph * aw)) };
        let offset = |size: i32| match place {
            Place::Start => 0,
            Place::Middle => (WHOLE - size) / 2,
            Place::End => WHOLE - size,
        };
        Self { left: offset(width), top: offset(height), width, height }
    }

    /// Whether it lies within the picture and has the shape of the area, to a hundredth and a pixel: what browsers round.
    pub fn fits(self, picture: Area, area: Area) -> bool {
        let within = |start: i32, size: i32| start >= 0 && size > 0 && size <= WHOLE - start;
        if !within(self.left, self.width) || !within(self.top, self.height) {
            return false;
        }
        let cropped = self.of(picture);
        let (across, down) = (
            i64::from(cropped.width) * i64::from(area.height),
            i64::from(cropped.height) * i64::from(area.width),
        );
        let slack = (across.max(down) / 100).max(i64::from(area.width.max(area.height)));
        (across - down).abs() <= slack
    }

    /// The pixels of a picture that it takes.
    pub fn of(self, picture: Area) -> Area {
        let side = |side: i32, part: i32| {
            let pixels = (i64::from(side) * i64::from(part) + i64::from(WHOLE) / 2) / i64::from(WHOLE);
            i32::try_from(pixels.max(1)).unwrap_or(i32::MAX)
        };
        Area { width: side(picture.width, self.width), height: side(picture.height, self.height) }
    }
}

/// Pixels of the picture for each inch of the print: the fewer of both directions, rounded down.
pub fn effective_dpi(picture: Area, crop: Crop, area_mm: Area) -> i32 {
    let cropped = crop.of(picture);
    let dpi = |pixels: i32, mm: i32| i64::from(pixels) * INCH_TENTHS_MM / (i64::from(mm.max(1)) * 10);
    let fewer = dpi(cropped.width, area_mm.width).min(dpi(cropped.height, area_mm.height));
    i32::try_from(fewer).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    const A: fn(i32, i32) -> Area = |width, height| Area { width, height };

    #[test]
    fn a_crop_that_fills_an_area_fits_it() {
        for picture in [A(1024, 1024), A(1024, 1536), A(1536, 1024), A(3840, 1280), A(16, 16)] {
            for area in [A(300, 400), A(400, 300), A(210, 297), A(200, 90), A(1, 1)] {
                for place in Place::VARIANTS {
                    let crop = Crop::filling(picture, area, *place);
                    assert!(crop.fits(picture, area), "{crop:?} of {picture:?} for {area:?}");
                }
            }
        }
    }

    #[test]
    fn a_crop_of_another_shape_or_outside_does_not_fit() {
        let (picture, area) = (A(1024, 1024), A(300, 400));
        for crop in [
            Crop::ALL,
            Crop { left: 2_501, top: 0, width: 7_500, height: 10_000 },
            Crop { left: -1, top: 0, width: 7_500, height: 10_000 },
            Crop { left: 0, top: 0, width: 0, height: 0 },
            Crop { left: i32::MAX, top: 0, width: 7_500, height: 10_000 },
        ] {
            assert!(!crop.fits(picture, area), "{crop:?}");
        }
        assert!(Crop { left: 1_000, top: 500, width: 6_750, height: 9_000 }.fits(picture, area));
    }

    #[test]
    fn pixels_an_inch_are_those_of_the_crop() {
        // 1024 × 1365 pixels on 30 × 40 cm: 1024 / 11.81 in.
        let crop = Crop::filling(A(1024, 1536), A(300, 400), Place::Middle);
        assert_eq!(effective_dpi(A(1024, 1536), crop, A(300, 400)), 86);
        let crop = Crop::filling(A(2160, 3840), A(210, 297), Place::Middle);
        assert_eq!(effective_dpi(A(2160, 3840), crop, A(210, 297)), 261);
    }
}
