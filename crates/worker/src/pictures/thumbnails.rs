//! Small versions of a picture for pages: Lanczos3 on one core, WebP for almost all browsers and JPEG for the rest. Each says
//! that an AI made it.

use fast_image_resize::images::Image;

use super::{
    PictureError,
    provenance::{self, Material},
};

/// WebP quality: what libwebp's own tools take when not told otherwise is 75; prints are judged closely.
const WEBP_QUALITY: f32 = 82.0;
/// JPEG quality of about the same look.
const JPEG_QUALITY: u8 = 84;

/// One width of a picture.
#[derive(Debug)]
pub struct Thumbnail {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// Encoded as WebP.
    pub webp: Vec<u8>,
    /// Encoded as JPEG.
    pub jpeg: Vec<u8>,
}

/// Makes the widths that are smaller than the picture. A picture smaller than all gets one in its own size.
///
/// # Errors
/// If the picture cannot be decoded or a version not be encoded.
pub fn make(encoded: &[u8], widths: &[i32], material: Material) -> Result<Vec<Thumbnail>, PictureError> {
    let source = super::decode(encoded)?;
    let full_width = source.width();

    let mut wanted: Vec<u32> = widths
        .iter()
        .filter_map(|width| u32::try_from(*width).ok())
        .filter(|width| *width < full_width)
        .collect();
    if wanted.is_empty() {
        wanted.push(full_width);
    }
    wanted.into_iter().map(|width| thumbnail(&source, width, material)).collect()
}

fn thumbnail(source: &Image<'_>, width: u32, material: Material) -> Result<Thumbnail, PictureError> {
    // Rounded to the nearest pixel, never to none.
    let scaled = (u64::from(source.height()) * u64::from(width) + u64::from(source.width()) / 2)
        / u64::from(source.width());
    let height = u32::try_from(scaled).unwrap_or(u32::MAX).max(1);
    let small = super::resize(source, width, height)?;
    let pixels = small.buffer();

    let webp = provenance::webp(pixels, (width, height), WEBP_QUALITY, material)?;
    let jpeg = provenance::jpeg(pixels, (width, height), JPEG_QUALITY, material)?;
    let pixels = |side: u32| i32::try_from(side).map_err(super::encoding);
    Ok(Thumbnail { width: pixels(width)?, height: pixels(height)?, webp, jpeg })
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, RgbImage};

    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut encoded = Cursor::new(Vec::new());
        RgbImage::from_fn(width, height, |x, y| image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], 128]))
            .write_to(&mut encoded, ImageFormat::Png)
            .expect("png");
        encoded.into_inner()
    }

    #[test]
    fn each_width_keeps_the_shape_and_decodes_in_both_formats() {
        let made = make(&png(1024, 1536), &[320, 640, 960], Material::Words).expect("thumbnails");
        assert_eq!(
            made.iter().map(|t| (t.width, t.height)).collect::<Vec<_>>(),
            [(320, 480), (640, 960), (960, 1440)]
        );
        for thumbnail in &made {
            for encoded in [&thumbnail.webp, &thumbnail.jpeg] {
                let decoded = image::load_from_memory(encoded).expect("a picture");
                let size = (decoded.width().cast_signed(), decoded.height().cast_signed());
                assert_eq!(size, (thumbnail.width, thumbnail.height));
            }
        }
    }

    #[test]
    fn a_small_picture_is_not_enlarged() {
        let made = make(&png(200, 100), &[320, 640], Material::Words).expect("thumbnails");
        assert_eq!(made.iter().map(|t| (t.width, t.height)).collect::<Vec<_>>(), [(200, 100)]);
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(make(b"not a picture", &[320], Material::Words).is_err());
        assert!(make(&png(64, 64)[..50], &[320], Material::Words).is_err());
    }
}
