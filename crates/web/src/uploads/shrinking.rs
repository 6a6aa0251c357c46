//! Makes pictures smaller in bands, so that beside the picture there is never more than what is kept of it.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::RgbImage;

use super::{buffer, opening::Unfit};

/// The longer side of what is kept. GPT image models look at no more of it.
pub const KEPT_SIDE: u32 = 2_048;
/// So many rows are made at once.
const BAND: u32 = 32;
/// Lanczos3 looks so many rows of the smaller picture up and down.
const REACH: u32 = 3;

/// Pixels of one picture, row by row.
pub struct Pixels {
    bytes: Vec<u8>,
    width: u32,
    channels: usize,
}

impl Pixels {
    /// Of so many channels: grey, grey and alpha, RGB, or RGB and alpha.
    pub fn new(bytes: Vec<u8>, width: u32, channels: usize) -> Self {
        Self { bytes, width, channels }
    }

    fn row(&self) -> Result<usize, Unfit> {
        Ok(usize::try_from(self.width).map_err(|_| Unfit::Broken)? * self.channels)
    }

    fn height(&self) -> Result<u32, Unfit> {
        u32::try_from(self.bytes.len() / self.row()?.max(1)).map_err(|_| Unfit::Broken)
    }

    fn kind(&self) -> Result<PixelType, Unfit> {
        kind(self.channels)
    }

    /// As it is kept: no side longer than [`KEPT_SIDE`], on white paper.
    pub fn fitted(self) -> Result<RgbImage, Unfit> {
        let (width, height) = (self.width, self.height()?);
        let longest = width.max(height);
        if longest <= KEPT_SIDE {
            return self.on_white();
        }
        // To the nearest pixel, and never to none.
        let scaled = |side: u32| ((side * KEPT_SIDE + longest / 2) / longest).max(1);
        let (kept_width, kept_height) = (scaled(width), scaled(height));
        let row = self.row()?;
        let size = usize::try_from(kept_width * kept_height).map_err(|_| Unfit::Broken)? * self.channels;
        let (mut kept, mut resizer) = (buffer(size), Resizer::new());
        let scale = f64::from(height) / f64::from(kept_height);
        let margin = REACH * height.div_ceil(kept_height) + 1;
        for start in (0..kept_height).step_by(usize::try_from(BAND).unwrap_or(1)) {
            let end = kept_height.min(start + BAND);
            let first = (start * height / kept_height).saturating_sub(margin);
            let last = height.min((end * height).div_ceil(kept_height) + margin);
            let rows = [first, last].map(|at| usize::try_from(at).map(|at| at * row));
            let [Ok(from), Ok(to)] = rows else { return Err(Unfit::Broken) };
            let source = ImageRef::new(width, last - first, &self.bytes[from..to], self.kind()?)
                .map_err(|_| Unfit::Broken)?;
            let top = f64::from(start) * scale - f64::from(first);
            let tall = (f64::from(end - start) * scale).min(f64::from(last - first) - top);
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).crop(
                0.0,
                top,
                f64::from(width),
                tall,
            );
            let mut band = Image::new(kept_width, end - start, self.kind()?);
            resizer.resize(&source, &mut band, &options).map_err(|_| Unfit::Broken)?;
            kept.extend_from_slice(band.buffer());
        }
        Self::new(kept, kept_width, self.channels).on_white()
    }

    fn on_white(self) -> Result<RgbImage, Unfit> {
        let (width, height) = (self.width, self.height()?);
        let mut pixels = self.bytes;
        let count = pixels.len() / self.channels;
        match self.channels {
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
                let mut colours = buffer(count * 3);
                for pixel in pixels.chunks_exact(self.channels) {
                    let alpha = pixel.get(1).copied().unwrap_or(u8::MAX);
                    colours.extend_from_slice(&[mixed(pixel[0], alpha); 3]);
                }
                pixels = colours;
            }
        }
        RgbImage::from_raw(width, height, pixels).ok_or(Unfit::Broken)
    }
}

fn kind(channels: usize) -> Result<PixelType, Unfit> {
    match channels {
        1 => Ok(PixelType::U8),
        2 => Ok(PixelType::U8x2),
        3 => Ok(PixelType::U8x3),
        4 => Ok(PixelType::U8x4),
        _ => Err(Unfit::Broken),
    }
}

fn mixed(value: u8, alpha: u8) -> u8 {
    let (value, alpha) = (u16::from(value), u16::from(alpha));
    u8::try_from((value * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

/// Takes a picture's rows, and keeps averages of squares of them as long as that leaves more than is kept in the end: a
/// picture of any size is never whole.
pub struct Rows {
    width: u32,
    channels: usize,
    /// The sides of a square.
    factor: u32,
    band: Vec<u8>,
    pixels: Vec<u8>,
    resizer: Resizer,
}

impl Rows {
    /// For a picture of this size in pixels, in so many channels.
    pub fn new(width: u32, height: u32, channels: usize) -> Self {
        let factor = (width.max(height) / KEPT_SIDE).max(1);
        Self { width, channels, factor, band: Vec::new(), pixels: buffer(0), resizer: Resizer::new() }
    }

    /// Takes the next row.
    pub fn push(&mut self, row: &[u8]) -> Result<(), Unfit> {
        if self.factor == 1 {
            self.pixels.extend_from_slice(row);
            return Ok(());
        }
        self.band.extend_from_slice(row);
        let rows = usize::try_from(self.factor * BAND).map_err(|_| Unfit::Broken)?;
        if self.band.len() >= row.len() * rows { self.average() } else { Ok(()) }
    }

    /// What fills no square, at its right and at its bottom, is left out.
    fn average(&mut self) -> Result<(), Unfit> {
        let row = usize::try_from(self.width).map_err(|_| Unfit::Broken)? * self.channels;
        let rows = u32::try_from(self.band.len() / row.max(1)).map_err(|_| Unfit::Broken)?;
        let (wide, tall) = (self.width / self.factor, rows / self.factor);
        if wide > 0 && tall > 0 {
            let kind = kind(self.channels)?;
            let source = ImageRef::new(self.width, rows, &self.band, kind).map_err(|_| Unfit::Broken)?;
            let mut small = Image::new(wide, tall, kind);
            let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box)).crop(
                0.0,
                0.0,
                f64::from(wide * self.factor),
                f64::from(tall * self.factor),
            );
            self.resizer.resize(&source, &mut small, &options).map_err(|_| Unfit::Broken)?;
            self.pixels.extend_from_slice(small.buffer());
        }
        self.band.clear();
        Ok(())
    }

    /// The smaller picture.
    pub fn finish(mut self) -> Result<Pixels, Unfit> {
        self.average()?;
        Ok(Pixels::new(self.pixels, self.width / self.factor, self.channels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripes(width: u32, height: u32) -> Vec<u8> {
        (0..height)
            .flat_map(|y| (0..width).map(move |x| if (x / 50 + y / 70) % 2 == 0 { 20 } else { 230 }))
            .collect()
    }

    #[test]
    fn bands_make_the_picture_that_the_whole_would() {
        let (width, height) = (3_000, 2_500);
        let pixels = stripes(width, height);
        let fitted = Pixels::new(pixels.clone(), width, 1).fitted().expect("a picture");
        let source = ImageRef::new(width, height, &pixels, PixelType::U8).expect("a picture");
        let mut whole = Image::new(2_048, 1_707, PixelType::U8);
        Resizer::new().resize(&source, &mut whole, &ResizeOptions::new()).expect("smaller");
        assert_eq!(fitted.dimensions(), (2_048, 1_707));
        let off = fitted.pixels().zip(whole.buffer()).map(|(one, other)| one.0[0].abs_diff(*other)).max();
        assert!(off.is_some_and(|off| off <= 1), "{off:?}");
    }

    #[test]
    fn a_picture_of_any_size_is_kept_in_two_thousand_pixels_or_so() {
        for (width, height) in [(8_000, 70), (70, 8_000), (4_100, 4_100), (2_049, 2_049), (2_048, 64)] {
            let mut rows = Rows::new(width, height, 1);
            let row = vec![7; usize::try_from(width).expect("small")];
            (0..height).for_each(|_| rows.push(&row).expect("a row"));
            let kept = rows.finish().expect("pixels").fitted().expect("a picture");
            assert_eq!(kept.width().max(kept.height()), KEPT_SIDE, "{width} × {height}");
            assert!(kept.pixels().all(|pixel| pixel.0 == [7; 3]), "{width} × {height}");
        }
    }

    #[test]
    fn alpha_is_laid_on_white() {
        let half = Pixels::new(vec![0, 0, 0, 0, 255, 0, 0, 255], 2, 4).fitted().expect("a picture");
        assert_eq!(half.as_raw(), &[255, 255, 255, 255, 0, 0]);
        let faint = Pixels::new(vec![0, 255, 0, 0], 2, 2).fitted().expect("a picture");
        assert_eq!(faint.as_raw(), &[0, 0, 0, 255, 255, 255]);
    }
}
