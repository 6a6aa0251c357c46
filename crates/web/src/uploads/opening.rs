//! From the bytes of a stranger to a picture of ours. Pure, takes its time on one core, and belongs on a blocking thread.

use image::{DynamicImage, RgbImage, metadata::Orientation};
use sha2::{Digest, Sha256};
use shop::sources::Brought;

use super::{jpeg, png, shrinking::Pixels, webp};

/// Longest side, in pixels.
pub const SIDE_MAX: u32 = 8_000;
/// Shortest side: less is nothing to draw from.
pub const SIDE_MIN: u32 = 64;
/// Most pixels.
pub const PIXELS_MAX: u64 = 40_000_000;
/// Memory that a decoder may take beside the file itself, in bytes: 30 megapixels of a JPEG from a camera.
pub const DECODED_MAX: u64 = 90_000_000;
/// JPEG quality: from 90 on the encoder keeps all of the colour.
const KEPT_QUALITY: u8 = 92;

/// Why bytes are no picture to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The first bytes are those of no format that we take.
    #[error("neither PNG nor JPEG nor WebP")]
    Kind,
    /// It has several frames.
    #[error("it is animated")]
    Animated,
    /// More than [`SIDE_MAX`] or [`PIXELS_MAX`].
    #[error("it has {width} × {height} pixels")]
    Large {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Less than [`SIDE_MIN`].
    #[error("it has only {width} × {height} pixels")]
    Small {
        /// In pixels.
        width: u32,
        /// In pixels.
        height: u32,
    },
    /// Its kind takes more than [`DECODED_MAX`] at this size.
    #[error("it would take too much memory")]
    Heavy,
    /// Damaged, cut off, or of a make that we cannot read.
    #[error("it cannot be read")]
    Broken,
}

/// What a decoder made of a file.
pub struct Opened {
    pub pixels: Pixels,
    pub orientation: Orientation,
}

/// Reads, turns, shrinks and encodes anew.
pub fn open(bytes: Vec<u8>) -> Result<Brought, Unfit> {
    let opened = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        png::open(&bytes)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        jpeg::open(&bytes)
    } else if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        webp::open(&bytes)
    } else {
        Err(Unfit::Kind)
    }?;
    drop(bytes);
    let mut picture = DynamicImage::ImageRgb8(opened.pixels.fitted()?);
    picture.apply_orientation(opened.orientation);
    encode(&picture.into_rgb8())
}

/// Whether a picture of this size may be decoded at all. Asked before anything of its size is allocated.
pub fn check(width: u32, height: u32) -> Result<(), Unfit> {
    if width > SIDE_MAX || height > SIDE_MAX || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(Unfit::Large { width, height });
    }
    if width < SIDE_MIN || height < SIDE_MIN {
        return Err(Unfit::Small { width, height });
    }
    Ok(())
}

fn encode(picture: &RgbImage) -> Result<Brought, Unfit> {
    let side = |side: u32| u16::try_from(side).map_err(|_| Unfit::Broken);
    let (width, height) = (side(picture.width())?, side(picture.height())?);
    let mut bytes = Vec::new();
    jpeg_encoder::Encoder::new(&mut bytes, KEPT_QUALITY)
        .encode(picture.as_raw(), width, height, jpeg_encoder::ColorType::Rgb)
        .map_err(|_| Unfit::Broken)?;
    Ok(Brought { sha256: Sha256::digest(&bytes).into(), width: width.into(), height: height.into(), bytes })
}
