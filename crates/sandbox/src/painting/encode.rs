//! Turns a canvas into the bytes that were asked for.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, RgbImage, Rgba, RgbaImage};

/// The formats that can be had. Real models also draw GIF and SVG, which no print needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Jpeg,
    /// Lossless, whatever the compression that was asked for.
    Webp,
}

impl Format {
    pub fn named(name: &str) -> Format {
        match name {
            "jpeg" => Format::Jpeg,
            "webp" => Format::Webp,
            _ => Format::Png,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Format::Png => "png",
            Format::Jpeg => "jpeg",
            Format::Webp => "webp",
        }
    }
}

/// Encodes a canvas; a transparent one fades out towards its edges, as a cut-out subject does.
pub(super) fn encode(
    canvas: RgbImage,
    transparent: bool,
    format: Format,
    compression: u8,
) -> anyhow::Result<Vec<u8>> {
    let (width, height) = canvas.dimensions();
    let (bytes, color) = if transparent && format != Format::Jpeg {
        (cut_out(&canvas).into_raw(), ExtendedColorType::Rgba8)
    } else {
        (canvas.into_raw(), ExtendedColorType::Rgb8)
    };
    let mut encoded = Vec::with_capacity(bytes.len() / 2);
    let sink = &mut encoded;
    match format {
        // Real pictures are packed harder; nobody waits for that here.
        Format::Png => PngEncoder::new_with_quality(sink, CompressionType::Fast, FilterType::Adaptive)
            .write_image(&bytes, width, height, color),
        Format::Jpeg => JpegEncoder::new_with_quality(sink, compression.clamp(1, 100))
            .write_image(&bytes, width, height, color),
        Format::Webp => WebPEncoder::new_lossless(sink).write_image(&bytes, width, height, color),
    }?;
    Ok(encoded)
}

#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn cut_out(canvas: &RgbImage) -> RgbaImage {
    let (width, height) = canvas.dimensions();
    RgbaImage::from_fn(width, height, |x, y| {
        let (u, v) = (x as f32 / width as f32 * 2.0 - 1.0, y as f32 / height as f32 * 2.0 - 1.0);
        // A rounded square, soft over its last tenth.
        let reach = (u.powi(4) + v.powi(4)).sqrt().sqrt();
        let alpha = ((0.97 - reach) / 0.1).clamp(0.0, 1.0);
        let [r, g, b] = canvas.get_pixel(x, y).0;
        Rgba([r, g, b, (alpha * 255.0) as u8])
    })
}
