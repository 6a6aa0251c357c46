//! The shapes that pictures are asked for in, named as people buy frames and paper.

use serde::{Deserialize, Serialize};

use super::Quality;

/// The shape of a picture.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
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
pub enum Size {
    /// 1:1.
    Square,
    /// 2:3.
    Portrait,
    /// 3:2.
    Landscape,
    /// 4:5 upright, as most small frames.
    FramePortrait,
    /// 5:4 across.
    FrameLandscape,
    /// 1:√2 upright, as A-series paper (ISO 216).
    APortrait,
    /// √2:1 across, as A-series paper (ISO 216).
    ALandscape,
    /// 2:1.
    Panorama,
}

impl Size {
    /// Its key in forms and in the database.
    pub fn key(self) -> &'static str {
        self.into()
    }

    /// What a customer calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Square => "Square",
            Self::Portrait => "Portrait 2:3",
            Self::Landscape => "Landscape 3:2",
            Self::FramePortrait => "Portrait 4:5",
            Self::FrameLandscape => "Landscape 5:4",
            Self::APortrait => "A-series portrait",
            Self::ALandscape => "A-series landscape",
            Self::Panorama => "Panorama",
        }
    }

    /// What it fits, in a few words for a customer.
    pub fn hint(self) -> &'static str {
        match self {
            Self::Square => "20 × 20, 30 × 30 cm",
            Self::Portrait => "20 × 30, 40 × 60 cm",
            Self::Landscape => "30 × 20, 60 × 40 cm",
            Self::FramePortrait => "20 × 25, 40 × 50 cm",
            Self::FrameLandscape => "25 × 20, 50 × 40 cm",
            Self::APortrait => "A4, A3, A2 upright",
            Self::ALandscape => "A4, A3, A2 across",
            Self::Panorama => "40 × 20, 60 × 30 cm",
        }
    }

    /// Width and height in pixels. GPT image models take any size whose sides are multiples of 16, no longer than 3,840, in a
    /// ratio of at most 3:1, with 655,360 to 8,294,400 pixels. One in high quality has about 1.3 times the side: a picture that is
    /// to fill A4 then has 172 pixels an inch instead of 131. Larger ones would cost more than they show: the provider counts by
    /// the pixel, and calls what exceeds 2560 × 1440 experimental.
    pub fn pixels(self, quality: Quality) -> (u32, u32) {
        match quality {
            Quality::Draft | Quality::Standard => match self {
                Self::Square => (1024, 1024),
                Self::Portrait => (1024, 1536),
                Self::Landscape => (1536, 1024),
                Self::FramePortrait => (1024, 1280),
                Self::FrameLandscape => (1280, 1024),
                Self::APortrait => (1088, 1536),
                Self::ALandscape => (1536, 1088),
                Self::Panorama => (1536, 768),
            },
            Quality::High => match self {
                Self::Square => (1536, 1536),
                Self::Portrait => (1344, 2016),
                Self::Landscape => (2016, 1344),
                Self::FramePortrait => (1536, 1920),
                Self::FrameLandscape => (1920, 1536),
                Self::APortrait => (1424, 2016),
                Self::ALandscape => (2016, 1424),
                Self::Panorama => (2048, 1024),
            },
        }
    }

    /// Its ratio of width to height, in the smallest whole numbers that its pixels have.
    pub fn ratio(self) -> (u32, u32) {
        let (width, height) = self.pixels(Quality::Standard);
        let (mut divisor, mut rest) = (width, height);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        (width / divisor, height / divisor)
    }

    /// The shape that is closest to that of a picture of these pixels.
    pub fn like(width: u32, height: u32) -> Self {
        let wanted = f64::from(width.max(1)) / f64::from(height.max(1));
        let distance = |size: &Self| {
            let (width, height) = size.ratio();
            // Twice as wide is as far off as twice as high.
            (wanted / (f64::from(width) / f64::from(height))).ln().abs()
        };
        let all = <Self as strum::VariantArray>::VARIANTS;
        all.iter()
            .copied()
            .min_by(|one, other| distance(one).total_cmp(&distance(other)))
            .unwrap_or(Self::Square)
    }
}

#[cfg(test)]
mod tests {
    use strum::VariantArray;

    use super::*;

    #[test]
    fn every_size_is_one_that_gpt_image_models_take() {
        for (size, quality) in Size::VARIANTS
            .iter()
            .flat_map(|size| Quality::VARIANTS.iter().map(move |quality| (size, quality)))
        {
            let (width, height) = size.pixels(*quality);
            assert!(width % 16 == 0 && height % 16 == 0, "{size:?} {quality:?}");
            assert!((655_360..=2560 * 1440).contains(&(width * height)), "{size:?} {quality:?}");
            assert!(width.max(height) <= 2048 && width.max(height) <= 3 * width.min(height), "{size:?}");
        }
    }

    #[test]
    fn high_quality_is_larger_in_the_same_shape() {
        for size in Size::VARIANTS {
            let [(width, height), (large_width, large_height)] =
                [Quality::Standard, Quality::High].map(|quality| size.pixels(quality));
            assert!(large_width > width && large_height > height, "{size:?}");
            let ratio = |width, height| f64::from(width) / f64::from(height);
            assert!(
                (ratio(width, height) / ratio(large_width, large_height) - 1.0).abs() < 0.005,
                "{size:?}"
            );
        }
    }

    #[test]
    fn shapes_are_what_they_are_called() {
        let root = f64::sqrt(2.0);
        for (size, ratio) in [
            (Size::Square, 1.0),
            (Size::Portrait, 2.0 / 3.0),
            (Size::Landscape, 3.0 / 2.0),
            (Size::FramePortrait, 4.0 / 5.0),
            (Size::FrameLandscape, 5.0 / 4.0),
            (Size::APortrait, 1.0 / root),
            (Size::ALandscape, root),
            (Size::Panorama, 2.0),
        ] {
            let (width, height) = size.ratio();
            assert!((f64::from(width) / f64::from(height) / ratio - 1.0).abs() < 0.0025, "{size:?}");
            let (width, height) = size.pixels(Quality::High);
            assert_eq!(Size::like(width, height), size);
        }
        assert_eq!(Size::like(4000, 3000), Size::ALandscape);
        assert_eq!(Size::like(9000, 10), Size::Panorama);
    }

    #[test]
    fn ratios_are_reduced() {
        assert_eq!(Size::Square.ratio(), (1, 1));
        assert_eq!(Size::Portrait.ratio(), (2, 3));
        assert_eq!(Size::ALandscape.ratio(), (24, 17));
    }
}
