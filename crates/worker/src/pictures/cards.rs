//! The picture that goes with a link to one in the gallery, where people share it: the whole picture in a frame on our wall.

use super::{
    PictureError, decode,
    provenance::{self, Material},
    resize,
};

/// What Facebook, X and others show whole: 1.91 : 1, at the size that they ask for.
pub const SIZE: (u32, u32) = (1200, 630);
/// Of the wall that stays around the frame.
const WALL: u32 = 34;
const RAIL: u32 = 10;
const MAT: u32 = 22;
/// The colours of `--wall`, `--wood` and `--mat` in assets/app.css, by day.
const WALL_COLOUR: [u8; 3] = [0xec, 0xe4, 0xd9];
const WOOD_COLOUR: [u8; 3] = [0x36, 0x28, 0x1f];
const MAT_COLOUR: [u8; 3] = [0xfd, 0xfb, 0xf8];
const JPEG_QUALITY: u8 = 84;

/// Makes it, as a JPEG.
///
/// # Errors
/// If the picture cannot be decoded.
pub fn make(encoded: &[u8], material: Material) -> Result<Vec<u8>, PictureError> {
    let picture = decode(encoded)?;
    let (width, height) = SIZE;
    let around = WALL + RAIL + MAT;
    let (wide, tall) = fitted((picture.width(), picture.height()), (width - 2 * around, height - 2 * around));
    let small = resize(&picture, wide, tall)?;

    let mut card = Canvas::filled(WALL_COLOUR);
    let (left, top) = ((width - wide) / 2, (height - tall) / 2);
    for (beyond, colour) in [(MAT + RAIL, WOOD_COLOUR), (MAT, MAT_COLOUR)] {
        card.fill((left - beyond, top - beyond), (wide + 2 * beyond, tall + 2 * beyond), colour);
    }
    card.hang((left, top), wide, small.buffer());
    provenance::jpeg(&card.0, (width, height), JPEG_QUALITY, material)
}

/// As large as fits, in its own shape.
fn fitted((width, height): (u32, u32), (most_wide, most_tall): (u32, u32)) -> (u32, u32) {
    let scaled = |side: u32, by: u32, of: u32| {
        let scaled = (u64::from(side) * u64::from(by) + u64::from(of) / 2) / u64::from(of.max(1));
        u32::try_from(scaled).unwrap_or(u32::MAX).max(1)
    };
    let tall = scaled(height, most_wide, width);
    if tall <= most_tall {
        (most_wide, tall)
    } else {
        (scaled(width, most_tall, height).min(most_wide), most_tall)
    }
}

/// Rows of pixels.
struct Canvas(Vec<u8>);

impl Canvas {
    fn filled(colour: [u8; 3]) -> Self {
        let (width, height) = SIZE;
        Self(colour.repeat(usize::try_from(width * height).unwrap_or_default()))
    }

    fn fill(&mut self, corner: (u32, u32), (wide, tall): (u32, u32), colour: [u8; 3]) {
        let row = colour.repeat(usize::try_from(wide).unwrap_or_default());
        let rows = usize::try_from(tall).unwrap_or_default();
        self.hang(corner, wide, &row.repeat(rows));
    }

    fn hang(&mut self, (left, top): (u32, u32), wide: u32, pixels: &[u8]) {
        let count = |pixels: u32| usize::try_from(pixels).unwrap_or_default();
        let bytes = |pixels: u32| 3 * count(pixels);
        let ours = self.0.chunks_exact_mut(bytes(SIZE.0)).skip(count(top));
        for (row, source) in ours.zip(pixels.chunks_exact(bytes(wide))) {
            row[bytes(left)..bytes(left + wide)].copy_from_slice(source);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, RgbImage};

    use super::*;

    fn card_of(width: u32, height: u32) -> RgbImage {
        let mut encoded = Cursor::new(Vec::new());
        RgbImage::from_pixel(width, height, image::Rgb([200, 20, 20]))
            .write_to(&mut encoded, ImageFormat::Png)
            .expect("a PNG");
        let card = make(&encoded.into_inner(), Material::Words).expect("a card");
        image::load_from_memory(&card).expect("a JPEG").into_rgb8()
    }

    fn is_near(pixel: image::Rgb<u8>, colour: [u8; 3]) -> bool {
        pixel.0.iter().zip(colour).all(|(a, b)| a.abs_diff(b) < 12)
    }

    #[test]
    fn pictures_of_every_shape_hang_whole_in_the_middle() {
        for (width, height) in [(1024, 1024), (1024, 1536), (1536, 1024), (64, 4096), (4096, 64), (1, 1)] {
            let card = card_of(width, height);
            assert_eq!(card.dimensions(), SIZE);
            assert!(is_near(*card.get_pixel(3, 3), WALL_COLOUR), "{width} × {height}: the wall");
            let middle = card.get_pixel(SIZE.0 / 2, SIZE.1 / 2);
            assert!(is_near(*middle, [200, 20, 20]), "{width} × {height}: the picture, not {middle:?}");
        }
    }

    #[test]
    fn a_frame_is_around_it() {
        let card = card_of(1024, 1024);
        let column: Vec<_> = (0..SIZE.1 / 2).map(|y| *card.get_pixel(SIZE.0 / 2, y)).collect();
        for colour in [WALL_COLOUR, WOOD_COLOUR, MAT_COLOUR, [200, 20, 20]] {
            assert!(column.iter().any(|pixel| is_near(*pixel, colour)), "{colour:?} is missing");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        assert!(make(b"no picture", Material::Words).is_err());
    }
}
