//! Averages squares of pixels, so that a large picture is small before it is ever whole: row by row, or in its own place.

use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer, images::Image, images::ImageRef};
use image::RgbImage;

use super::opening::Unfit;

/// So many rows of squares are averaged at once.
const BAND: usize = 16;

/// Divides the sides of a picture by a whole number.
struct Squares {
    width: usize,
    channels: usize,
    factor: usize,
    pixel: PixelType,
    resizer: Resizer,
}

impl Squares {
    /// For pixels of so many channels: grey, grey and alpha, RGB, or RGB and alpha.
    fn new(width: usize, channels: usize, factor: usize) -> Result<Self, Unfit> {
        let pixel = match channels {
            1 => PixelType::U8,
            2 => PixelType::U8x2,
            3 => PixelType::U8x3,
            4 => PixelType::U8x4,
            _ => return Err(Unfit::Broken),
        };
        Ok(Self { width, channels, factor, pixel, resizer: Resizer::new() })
    }

    /// Bytes of a row.
    fn row(&self) -> usize {
        self.width * self.channels
    }

    /// Bytes of a band, unless it is the last one.
    fn band(&self) -> usize {
        self.row() * self.factor * BAND
    }

    /// The averages of a band. What fills no square at its right and at its bottom is left out.
    fn average(&mut self, band: &[u8]) -> Result<Vec<u8>, Unfit> {
        let side = |side: usize| u32::try_from(side).map_err(|_| Unfit::Broken);
        let (wide, tall) = (side(self.width)?, side(band.len() / self.row())?);
        let (small_wide, small_tall, factor) =
            (wide / side(self.factor)?, tall / side(self.factor)?, side(self.factor)?);
        if small_wide == 0 || small_tall == 0 {
            return Ok(vec![]);
        }
        let source = ImageRef::new(wide, tall, band, self.pixel).map_err(|_| Unfit::Broken)?;
        let mut small = Image::new(small_wide, small_tall, self.pixel);
        let options = ResizeOptions::new()
            .resize_alg(ResizeAlg::Convolution(FilterType::Box))
            .crop(0.0, 0.0, f64::from(small_wide * factor), f64::from(small_tall * factor));
        self.resizer.resize(&source, &mut small, &options).map_err(|_| Unfit::Broken)?;
        Ok(small.into_vec())
    }
}

/// Takes a picture's rows and keeps it smaller by a whole factor.
pub struct Shrinking {
    squares: Squares,
    band: Vec<u8>,
    pixels: Vec<u8>,
}

impl Shrinking {
    /// For a picture of this width in pixels, in so many channels.
    pub fn new(width: usize, channels: usize, factor: usize) -> Result<Self, Unfit> {
        Ok(Self { squares: Squares::new(width, channels, factor)?, band: Vec::new(), pixels: Vec::new() })
    }

    /// Takes the next row.
    pub fn push(&mut self, row: &[u8]) -> Result<(), Unfit> {
        if self.squares.factor == 1 {
            self.pixels.extend_from_slice(row);
            return Ok(());
        }
        self.band.extend_from_slice(row);
        if self.band.len() >= self.squares.band() {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Unfit> {
        self.pixels.extend(self.squares.average(&self.band)?);
        self.band.clear();
        Ok(())
    }

    /// The smaller picture.
    pub fn finish(mut self) -> Result<RgbImage, Unfit> {
        self.flush()?;
        on_white(self.pixels, self.squares.width / self.squares.factor, self.squares.channels)
    }
}

/// Shrinks a decoded picture without a second one beside it.
pub fn in_place(mut pixels: Vec<u8>, width: usize, channels: usize, factor: usize) -> Result<RgbImage, Unfit> {
    if factor > 1 {
        let mut squares = Squares::new(width, channels, factor)?;
        let (mut read, mut kept) = (0, 0);
        while read < pixels.len() {
            let end = pixels.len().min(read + squares.band());
            let small = squares.average(&pixels[read..end])?;
            // What was read is never less than what is written, so that nothing is lost that is still to be read.
            pixels[kept..][..small.len()].copy_from_slice(&small);
            kept += small.len();
            read = end;
        }
        pixels.truncate(kept);
    }
    on_white(pixels, width / factor, channels)
}

/// What pixels look like on white paper, as a picture of this width.
fn on_white(mut pixels: Vec<u8>, width: usize, channels: usize) -> Result<RgbImage, Unfit> {
    let count = pixels.len() / channels;
    match channels {
        3 => {}
        4 => {
            for index in 0..count {
                let [red, green, blue, alpha] = [0, 1, 2, 3].map(|at| pixels[index * 4 + at]);
                for (at, value) in [red, green, blue].into_iter().enumerate() {
                    pixels[index * 3 + at] = mixed(value, alpha);
                }
            }
            pixels.truncate(count * 3);
        }
        _ => {
            let mut colours = Vec::with_capacity(count * 3);
            for pixel in pixels.chunks_exact(channels) {
                let alpha = pixel.get(1).copied().unwrap_or(u8::MAX);
                colours.extend_from_slice(&[mixed(pixel[0], alpha); 3]);
            }
            pixels = colours;
        }
    }
    pixels.shrink_to_fit();
    let side = |side: usize| u32::try_from(side).map_err(|_| Unfit::Broken);
    let height = side(count / width.max(1))?;
    RgbImage::from_raw(side(width)?, height, pixels).ok_or(Unfit::Broken)
}

fn mixed(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u16::from(value), u16::from(alpha));
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_make_the_same_picture() {
        for (width, height, factor) in [(7, 8, 3), (67, 131, 2), (30, 40, 1)] {
            let pixels: Vec<u8> =
                (0..width * height * 3).map(|at| u8::try_from(at * 7 % 251).unwrap_or(0)).collect();
            let mut by_rows = Shrinking::new(width, 3, factor).expect("three channels");
            pixels.chunks(width * 3).for_each(|row| by_rows.push(row).expect("a row"));
            let by_rows = by_rows.finish().expect("a picture");
            let sides = [width, height].map(|side| u32::try_from(side / factor).expect("small"));
            assert_eq!(by_rows.dimensions(), (sides[0], sides[1]));
            assert_eq!(by_rows, in_place(pixels, width, 3, factor).expect("a picture"));
        }
    }

    #[test]
    fn squares_are_averaged_and_alpha_is_laid_on_white() {
        let grey = in_place(vec![0, 10, 20, 30], 2, 1, 2).expect("a picture");
        assert_eq!(grey.as_raw(), &[15, 15, 15]);
        let half = in_place(vec![0, 0, 0, 0, 255, 0, 0, 255], 2, 4, 1).expect("a picture");
        assert_eq!(half.as_raw(), &[255, 255, 255, 255, 0, 0]);
        let faint = in_place(vec![0, 255, 0, 0], 2, 2, 1).expect("a picture");
        assert_eq!(faint.as_raw(), &[0, 0, 0, 255, 255, 255]);
    }
}
