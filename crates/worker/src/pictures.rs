//! Work on pixels. Everything here is pure, takes its time on one core, and belongs on a blocking thread.

pub mod cards;
pub mod mockups;
pub mod provenance;
pub mod thumbnails;

use std::io::Cursor;

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image};
use image::{ImageFormat, ImageReader, Limits};
use sha2::{Digest, Sha256};
use shop::{generations::Picture, images::Format};

/// Memory that decoding may take: 64 megapixels of RGBA.
const DECODE_MAX: u64 = 256 << 20;

/// Why bytes are not a picture that we can use.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// They are no picture, or a broken one.
    #[error("cannot read the picture: {0}")]
    Unreadable(#[from] image::ImageError),
    /// Its beginning cannot be read.
    #[error("cannot read the picture: {0}")]
    Io(#[from] std::io::Error),
    /// A format that we do not store.
    #[error("not a PNG, JPEG or WebP")]
    Format,
    /// It could not be resized or encoded.
    #[error("cannot encode: {0}")]
    Encoding(String),
}

/// What a provider sent, as pictures with their format and size. The first bytes say what it is, whatever was asked for.
/// One that cannot be read is left out: the others were paid for too.
pub fn read_all(encoded: Vec<Vec<u8>>) -> Vec<Picture> {
    let readable = |bytes| read(bytes).inspect_err(|error| tracing::warn!(%error, "left a picture out")).ok();
    encoded.into_iter().filter_map(readable).collect()
}

fn read(bytes: Vec<u8>) -> Result<Picture, PictureError> {
    let reader = ImageReader::new(Cursor::new(&bytes)).with_guessed_format()?;
    let format = match reader.format() {
        Some(ImageFormat::Png) => Format::Png,
        Some(ImageFormat::Jpeg) => Format::Jpeg,
        Some(ImageFormat::WebP) => Format::Webp,
        _ => return Err(PictureError::Format),
    };
    let (width, height) = reader.into_dimensions()?;
    let pixels = |side: u32| i32::try_from(side).map_err(|_| PictureError::Format);
    Ok(Picture {
        format,
        width: pixels(width)?,
        height: pixels(height)?,
        sha256: Sha256::digest(&bytes).into(),
        bytes,
    })
}

/// A picture as pixels, 8 bits of red, green and blue each.
fn decode(encoded: &[u8]) -> Result<Image<'static>, PictureError> {
    let mut reader = ImageReader::new(Cursor::new(encoded)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_MAX);
    reader.limits(limits);
    let picture = reader.decode()?.into_rgb8();
    let (width, height) = picture.dimensions();
    Image::from_vec_u8(width, height, picture.into_raw(), PixelType::U8x3).map_err(encoding)
}

/// The same picture, so large.
fn resize(picture: &Image<'_>, width: u32, height: u32) -> Result<Image<'static>, PictureError> {
    let mut resized = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    Resizer::new().resize(picture, &mut resized, &options).map_err(encoding)?;
    Ok(resized)
}

fn encoding(error: impl std::fmt::Display) -> PictureError {
    PictureError::Encoding(error.to_string())
}
