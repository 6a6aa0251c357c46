//! What a thing will look like with a picture on it: everything is painted here, in the light of one room.

// Pixels are counted in integers and painted in floats; every cast between them is of a size that a mock-up has.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "work on pixels"
)]

mod canvases;
mod files;
mod frames;
mod mugs;
mod posters;
mod rooms;
mod studio;
mod tees;

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image};
use shop::{crops::WHOLE, mockups::Look, products::ProductKind};
use studio::{Rect, SIDE, Sheet, Studio};

use super::{
    PictureError, decode, encoding,
    provenance::{self, Material},
};

/// As those of the small versions (`thumbnails`).
const WEBP_QUALITY: f32 = 84.0;
const JPEG_QUALITY: u8 = 86;

/// No picture is laid onto a thing in more pixels than this on its longer side: twice of what a mock-up shows of it would only
/// glitter.
const SHEET_MAX: f32 = 1000.0;

/// The same mock-up twice.
#[derive(Debug)]
pub struct Mockup {
    /// For almost all browsers.
    pub webp: Vec<u8>,
    /// For the rest.
    pub jpeg: Vec<u8>,
}

/// Draws a mock-up. It takes the memory of the picture and 50 MB, and a second of one core.
///
/// # Errors
/// If the picture cannot be decoded.
pub fn make(encoded: &[u8], look: &Look, material: Material) -> Result<Mockup, PictureError> {
    let sheet = sheet(&decode(encoded)?, look)?;
    let pixels = draw(&sheet, look).develop();
    let size = (SIDE, SIDE);
    Ok(Mockup {
        webp: provenance::webp(&pixels, size, WEBP_QUALITY, material)?,
        jpeg: provenance::jpeg(&pixels, size, JPEG_QUALITY, material)?,
    })
}

fn draw(sheet: &Sheet, look: &Look) -> Studio {
    match look.kind {
        ProductKind::Poster => posters::draw(sheet, hung(sheet, look).0),
        ProductKind::Framed => {
            let (place, scale) = hung(sheet, look);
            frames::draw(sheet, place, scale, &look.finish_code)
        }
        ProductKind::Canvas => {
            let (place, scale) = hung(sheet, look);
            canvases::draw(sheet, place, scale)
        }
        ProductKind::Mug => mugs::draw(sheet, look.finish_code == "black"),
        ProductKind::Tee => tees::draw(sheet, &look.finish_code),
        ProductKind::Download => files::draw(sheet),
    }
}

/// Where it hangs, and how many pixels a millimetre has. Large things look larger, though not by as much as they are: the
/// smallest should still be seen.
fn hung(sheet: &Sheet, look: &Look) -> (Rect, f32) {
    let long_mm = look.area_mm.map_or(400.0, |area| area.width.max(area.height) as f32);
    let long = 470.0 + 330.0 * ((long_mm - 180.0) / 720.0).clamp(0.0, 1.0).sqrt();
    let ratio = sheet.ratio();
    let (width, height) = if ratio > 1.0 { (long * 1.08, long * 1.08 / ratio) } else { (long * ratio, long) };
    // Whole pixels, so that edges are sharp.
    let (width, height) = (width.round(), height.round());
    let middle_y = 505.0 - 30.0 * ((height - 470.0) / 330.0).clamp(0.0, 1.0);
    let (left, top) = ((600.0 - width / 2.0).round(), (middle_y - height / 2.0).round());
    (Rect { left, top, width, height }, width.max(height) / long_mm)
}

/// The part of a picture that is printed, as large as it is needed.
fn sheet(picture: &Image<'_>, look: &Look) -> Result<Sheet, PictureError> {
    let of = |side: u32, part: i32| f64::from(side) * f64::from(part) / f64::from(WHOLE);
    let (width, height) = (picture.width(), picture.height());
    let (left, top) = (of(width, look.crop.left), of(height, look.crop.top));
    let cropped = (of(width, look.crop.width).max(1.0), of(height, look.crop.height).max(1.0));
    let scale = (f64::from(SHEET_MAX) / cropped.0.max(cropped.1)).min(1.0);
    let side = |pixels: f64| ((pixels * scale).round() as u32).max(1);
    let mut resized = Image::new(side(cropped.0), side(cropped.1), PixelType::U8x3);
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .crop(left, top, cropped.0, cropped.1);
    Resizer::new().resize(picture, &mut resized, &options).map_err(encoding)?;
    Ok(Sheet::new(&resized))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::{ImageFormat, Rgb, RgbImage};
    use shop::crops::{Area, Crop};
    use strum::VariantArray;

    use super::*;

    /// Red to the left, blue to the right.
    fn picture(width: u32, height: u32) -> Vec<u8> {
        let colour = |x, _| if x < width / 2 { Rgb([220, 30, 30]) } else { Rgb([30, 30, 220]) };
        let mut encoded = Cursor::new(Vec::new());
        RgbImage::from_fn(width, height, colour).write_to(&mut encoded, ImageFormat::Png).expect("a PNG");
        encoded.into_inner()
    }

    fn look(kind: ProductKind, finish_code: &str, area_mm: Option<Area>, crop: Crop) -> Look {
        Look { kind, finish_code: finish_code.to_owned(), area_mm, crop }
    }

    /// How many pixels are more red than anything else, and how many more blue.
    fn counted(encoded: &[u8]) -> (usize, usize) {
        let decoded = image::load_from_memory(encoded).expect("a picture").into_rgb8();
        assert_eq!(decoded.dimensions(), (SIDE, SIDE));
        let much = |pixel: &Rgb<u8>, ours: usize, other: usize| {
            u16::from(pixel.0[ours]) > 2 * u16::from(pixel.0[other]) && pixel.0[ours] > 50
        };
        let red = decoded.pixels().filter(|pixel| much(pixel, 0, 2)).count();
        (red, decoded.pixels().filter(|pixel| much(pixel, 2, 0)).count())
    }

    #[test]
    fn every_thing_shows_the_picture_and_says_that_an_ai_drew_it() {
        for kind in ProductKind::VARIANTS {
            let area = Area { width: 300, height: 400 };
            let area = (*kind != ProductKind::Download).then_some(area);
            let look = look(*kind, "white", area, Crop::ALL);
            let made = make(&picture(300, 400), &look, Material::Words).expect("a mock-up");
            let (red, blue) = counted(&made.jpeg);
            assert!(red > 20_000 && blue > 20_000, "{kind:?}: {red} pixels of red, {blue} of blue");
            let (red, blue) = counted(&made.webp);
            assert!(red > 20_000 && blue > 20_000, "{kind:?}: {red} pixels of red, {blue} of blue in WebP");
            for encoded in [&made.jpeg, &made.webp] {
                let says = b"digitalsourcetype/trainedAlgorithmicMedia";
                assert!(encoded.windows(says.len()).any(|part| part == says), "{kind:?}");
            }
        }
    }

    #[test]
    fn only_the_part_that_is_printed_is_shown() {
        let left = Crop { left: 0, top: 0, width: 4_900, height: WHOLE };
        let area = Some(Area { width: 300, height: 400 });
        let made = make(&picture(600, 400), &look(ProductKind::Poster, "matte", area, left), Material::Words)
            .expect("a mock-up");
        let (red, blue) = counted(&made.jpeg);
        assert!(red > 50_000 && blue == 0, "{red} pixels of red, {blue} of blue");
    }

    #[test]
    fn colours_differ_and_a_photograph_in_it_is_told() {
        let drawn = |kind, finish: &str| {
            let area = Some(Area { width: 280, height: 350 });
            make(&picture(280, 350), &look(kind, finish, area, Crop::ALL), Material::Photograph)
                .expect("a mock-up")
                .jpeg
        };
        for (kind, finishes) in
            [(ProductKind::Framed, ["black", "oak", "white"]), (ProductKind::Tee, ["black", "navy", "white"])]
        {
            let [one, two, three] = finishes.map(|finish| drawn(kind, finish));
            assert!(one != two && two != three && one != three, "{kind:?}");
            let says = b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
            assert!(one.windows(says.len()).any(|part| part == says), "{kind:?}");
        }
    }

    #[test]
    fn pictures_of_any_size_fit_and_what_is_none_is_refused() {
        for (width, height) in [(1, 1), (4000, 10), (10, 4000)] {
            let look = look(ProductKind::Mug, "black", Some(Area { width: 200, height: 90 }), Crop::ALL);
            assert!(make(&picture(width, height), &look, Material::Words).is_ok(), "{width} × {height}");
        }
        let look = look(ProductKind::Download, "file", None, Crop::ALL);
        assert!(make(b"no picture", &look, Material::Words).is_err());
    }
}
