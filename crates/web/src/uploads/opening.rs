//! From the bytes of a stranger to a picture of ours. Pure, takes its time on one core, and belongs on a blocking thread.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image};
use image::{DynamicImage, RgbImage, metadata::Orientation};
use sha2::{Digest, Sha256};
use shop::sources::Brought;

use super::{jpeg, png, webp};

/// Longest side, in pixels.
pub const SIDE_MAX: u32 = 8_000;
/// Shortest side: less is nothing to draw from.
pub const SIDE_MIN: u32 = 64;
/// Most pixels.
pub const PIXELS_MAX: u64 = 40_000_000;
/// Memory that a decoder may take beside the file itself, in bytes: 40 megapixels in three bytes each.
pub const DECODED_MAX: u64 = 120_000_000;
/// The longer side of what is kept. GPT image models look at no more of it.
const KEPT_SIDE: u32 = 2_048;
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

/// What a decoder made of a file: RGB, at least half as large as what is kept wants it, or in its own size.
pub struct Opened {
    pub pixels: RgbImage,
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
    let mut picture = DynamicImage::ImageRgb8(fitted(opened.pixels)?);
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

/// By how much the sides of a picture are to be divided while it is read, so that it stays larger than what is kept.
pub fn factor(width: u32, height: u32) -> usize {
    usize::try_from(width.max(height) / KEPT_SIDE).unwrap_or(1).max(1)
}

fn fitted(picture: RgbImage) -> Result<RgbImage, Unfit> {
    let (width, height) = picture.dimensions();
    let longest = width.max(height);
    if longest <= KEPT_SIDE {
        return Ok(picture);
    }
    // To the nearest pixel, and never to none.
    let scaled = |side: u32| ((side * KEPT_SIDE + longest / 2) / longest).max(1);
    let (kept_width, kept_height) = (scaled(width), scaled(height));
    let broken = |_| Unfit::Broken;
    let source = Image::from_vec_u8(width, height, picture.into_raw(), PixelType::U8x3).map_err(broken)?;
    let mut kept = Image::new(kept_width, kept_height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(&source, &mut kept, &options).map_err(|_| Unfit::Broken)?;
    RgbImage::from_raw(kept_width, kept_height, kept.into_vec()).ok_or(Unfit::Broken)
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
