//! The room in which things are shown: its light, and what is needed to paint things into it.

use fast_image_resize::images::Image;
use tiny_skia::{FillRule, Mask, Path, Transform};

/// How wide and how tall a mock-up is, in pixels.
pub const SIDE: u32 = 1200;
const SIDE_F: f32 = 1200.0;
const SIDE_N: usize = 1200;

/// Red, green and blue, each from 0 to 1 as a screen shows them.
pub type Colour = [f32; 3];

/// A rectangle in pixels, upright.
#[derive(Debug, Clone, Copy)]
pub struct Rect {
    pub left: f32,
    pub top: f32,
    pub width: f32,
    pub height: f32,
}

impl Rect {
    /// Around a point.
    pub fn around((x, y): (f32, f32), width: f32, height: f32) -> Self {
        Self { left: x - width / 2.0, top: y - height / 2.0, width, height }
    }

    pub fn right(self) -> f32 {
        self.left + self.width
    }

    pub fn bottom(self) -> f32 {
        self.top + self.height
    }

    /// Larger by this much on each side.
    pub fn grown(self, by: f32) -> Self {
        Self {
            left: self.left - by,
            top: self.top - by,
            width: self.width + 2.0 * by,
            height: self.height + 2.0 * by,
        }
    }

    /// Moved.
    pub fn moved(self, right: f32, down: f32) -> Self {
        Self { left: self.left + right, top: self.top + down, ..self }
    }

    /// How much of the pixel around a point it covers.
    pub fn covers(self, x: f32, y: f32) -> f32 {
        let over =
            |at: f32, start: f32, end: f32| ((at + 0.5).min(end) - (at - 0.5).max(start)).clamp(0.0, 1.0);
        over(x, self.left, self.right()) * over(y, self.top, self.bottom())
    }
}

/// A picture as it is laid onto things.
pub struct Sheet {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Sheet {
    /// Of 8 bits of red, green and blue each.
    pub fn new(picture: &Image<'_>) -> Self {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        Self { width, height, pixels: picture.buffer().to_vec() }
    }

    /// Its width for a height of one.
    pub fn ratio(&self) -> f32 {
        self.width as f32 / self.height as f32
    }

    /// The colour at a place, from 0 to 1 across and down. Beyond its edges it goes on as in a mirror.
    pub fn at(&self, across: f32, down: f32) -> Colour {
        let mirrored = |at: f32| {
            let at = at.rem_euclid(2.0);
            if at > 1.0 { 2.0 - at } else { at }
        };
        let x = (mirrored(across) * self.width as f32 - 0.5).clamp(0.0, self.width as f32 - 1.0);
        let y = (mirrored(down) * self.height as f32 - 0.5).clamp(0.0, self.height as f32 - 1.0);
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let (to_right, to_bottom) = (x - left as f32, y - top as f32);
        let pixel = |x: usize, y: usize| {
            let at = 3 * (y * self.width + x);
            [0, 1, 2].map(|c| self.pixels.get(at + c).copied().map_or(0.0, |c| f32::from(c) / 255.0))
        };
        let upper = mix(pixel(left, top), pixel(right, top), to_right);
        let lower = mix(pixel(left, bottom), pixel(right, bottom), to_right);
        mix(upper, lower, to_bottom)
    }
}

/// Where things are painted, from back to front.
pub struct Studio(Vec<Colour>);

impl Studio {
    /// Filled from behind.
    pub fn new(behind: impl Fn(f32, f32) -> Colour) -> Self {
        let rows = 0..SIDE_N;
        Self(
            rows.flat_map(|y| (0..SIDE_N).map(move |x| (x, y)))
                .map(|(x, y)| behind(middle(x), middle(y)))
                .collect(),
        )
    }

    /// Paints within a rectangle: a colour, and how much of it.
    pub fn paint(&mut self, within: Rect, with: impl Fn(f32, f32) -> Option<(Colour, f32)>) {
        self.touch(within, |x, y, pixel| {
            if let Some((colour, amount)) = with(x, y) {
                *pixel = mix(*pixel, colour, amount.clamp(0.0, 1.0));
            }
        });
    }

    /// Changes the pixels within a rectangle.
    pub fn touch(&mut self, within: Rect, change: impl Fn(f32, f32, &mut Colour)) {
        let bound = |at: f32| at.clamp(0.0, SIDE_F) as usize;
        let (left, right) = (bound(within.left.floor()), bound(within.right().ceil()));
        for y in bound(within.top.floor())..bound(within.bottom().ceil()) {
            let row = y * SIDE_N;
            for (x, pixel) in (left..right).zip(&mut self.0[row + left..row + right]) {
                change(middle(x), middle(y), pixel);
            }
        }
    }

    /// The shadow that a rectangle throws when the light is soft: the rectangle behind a Gaussian blur, which is exactly the
    /// product of one along each side.
    pub fn shadow(&mut self, of: Rect, softness: f32, strength: f32) {
        let part = |at: f32, start: f32, end: f32| {
            let step = |distance: f32| 0.5 * (1.0 + erf(distance / (softness * std::f32::consts::SQRT_2)));
            step(at - start) - step(at - end)
        };
        let across: Vec<f32> = (0..SIDE_N).map(|x| part(middle(x), of.left, of.right())).collect();
        let down: Vec<f32> = (0..SIDE_N).map(|y| part(middle(y), of.top, of.bottom())).collect();
        let within = of.grown(3.5 * softness);
        self.touch(within, |x, y, pixel| {
            darken(pixel, strength * across[x as usize] * down[y as usize]);
        });
    }

    /// A shadow of any shape.
    pub fn shadow_of(&mut self, shape: &Shape, (right, down): (f32, f32), strength: f32) {
        self.touch(ALL, |x, y, pixel| darken(pixel, strength * shape.at(x - right, y - down)));
    }

    /// Paints a shape: a colour for each place.
    pub fn fill(&mut self, shape: &Shape, with: impl Fn(f32, f32) -> Colour) {
        self.paint(ALL, |x, y| {
            let amount = shape.at(x, y);
            (amount > 0.0).then(|| (with(x, y), amount))
        });
    }

    /// As pixels of 8 bits of red, green and blue each. Grain of half a step keeps soft light from showing bands.
    pub fn develop(&self) -> Vec<u8> {
        let mut pixels = Vec::with_capacity(3 * self.0.len());
        for (number, colour) in self.0.iter().enumerate() {
            let grain = hash(number as u32, 77) - 0.5;
            pixels.extend(colour.map(|c| (c * 255.0 + 0.5 + grain).clamp(0.0, 255.0) as u8));
        }
        pixels
    }
}

/// All of it.
pub const ALL: Rect = Rect { left: 0.0, top: 0.0, width: SIDE_F, height: SIDE_F };

/// How much of each pixel something covers.
pub struct Shape(Vec<u8>);

impl Shape {
    /// What lies within a path. Nothing, if it has no area.
    pub fn within(path: Option<Path>) -> Self {
        let mut mask = Mask::new(SIDE, SIDE);
        if let (Some(mask), Some(path)) = (&mut mask, path) {
            mask.fill_path(&path, FillRule::Winding, true, Transform::identity());
        }
        Self(mask.map_or_else(|| vec![0; SIDE_N * SIDE_N], |mask| mask.data().to_vec()))
    }

    /// Of a path's line.
    pub fn along(path: Option<Path>, width: f32) -> Self {
        let stroke = tiny_skia::Stroke {
            width,
            line_cap: tiny_skia::LineCap::Round,
            line_join: tiny_skia::LineJoin::Round,
            ..tiny_skia::Stroke::default()
        };
        Self::within(path.and_then(|path| path.stroke(&stroke, 1.0)))
    }

    /// At a pixel.
    pub fn at(&self, x: f32, y: f32) -> f32 {
        if x < 0.0 || y < 0.0 || x >= SIDE_F || y >= SIDE_F {
            return 0.0;
        }
        let at = y as usize * SIDE_N + x as usize;
        self.0.get(at).map_or(0.0, |amount| f32::from(*amount) / 255.0)
    }

    /// The same, out of focus: three box blurs are a Gaussian one to within 3 %.
    #[must_use]
    pub fn blurred(mut self, softness: f32) -> Self {
        // The standard deviation of three boxes of `2r + 1` pixels is about `r + ½`.
        let reach = (softness - 0.5).round().max(1.0) as usize;
        let mut other = vec![0; self.0.len()];
        for _ in 0..3 {
            box_blur(&self.0, &mut other, reach);
            box_blur(&other, &mut self.0, reach);
        }
        self
    }

    /// What of it lies within another one.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        for (ours, theirs) in self.0.iter_mut().zip(&other.0) {
            *ours = (u16::from(*ours) * u16::from(*theirs) / 255).to_le_bytes()[0];
        }
        self
    }
}

/// Blurs along rows, and writes them as columns: doing it twice blurs both ways.
fn box_blur(from: &[u8], to: &mut [u8], reach: usize) {
    let width = 2 * reach + 1;
    for (y, row) in from.chunks_exact(SIDE_N).enumerate() {
        let mut sum: usize = row[..=reach].iter().map(|amount| usize::from(*amount)).sum();
        for x in 0..SIDE_N {
            to[x * SIDE_N + y] = u8::try_from(sum / width).unwrap_or(u8::MAX);
            sum += row.get(x + reach + 1).map_or(0, |amount| usize::from(*amount));
            sum -= x.checked_sub(reach).map_or(0, |left| usize::from(row[left]));
        }
    }
}

/// From one colour to another.
pub fn mix(from: Colour, to: Colour, amount: f32) -> Colour {
    [0, 1, 2].map(|c| from[c] + (to[c] - from[c]) * amount)
}

/// Lit more or less.
pub fn lit(colour: Colour, by: f32) -> Colour {
    colour.map(|c| (c * by).clamp(0.0, 1.0))
}

/// Shadows in a warm room are not grey.
fn darken(pixel: &mut Colour, amount: f32) {
    let amount = amount.clamp(0.0, 1.0);
    *pixel = [pixel[0] * (1.0 - 0.94 * amount), pixel[1] * (1.0 - 0.97 * amount), pixel[2] * (1.0 - amount)];
}

/// From 0 to 1 between two places, without a corner.
pub fn smooth(from: f32, to: f32, at: f32) -> f32 {
    let t = ((at - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// The error function, to 5 · 10⁻⁴ (Abramowitz and Stegun 7.1.27).
fn erf(x: f32) -> f32 {
    let t = x.abs();
    let sum = 1.0 + t * (0.278_393 + t * (0.230_389 + t * (0.000_972 + t * 0.078_108)));
    (1.0 - 1.0 / (sum * sum * sum * sum)).copysign(x)
}

/// A number from 0 to 1 that seems to be chance and is always the same.
pub fn hash(x: u32, y: u32) -> f32 {
    let mut bits = x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77) ^ 0x27d4_eb2f;
    bits ^= bits >> 15;
    bits = bits.wrapping_mul(0x2c1b_3c6d);
    bits ^= bits >> 12;
    bits = bits.wrapping_mul(0x297a_2d39);
    bits ^= bits >> 15;
    (bits >> 8) as f32 / 16_777_216.0
}

/// Chance that changes slowly from place to place, from 0 to 1.
pub fn noise(x: f32, y: f32) -> f32 {
    // Moved to where nothing is negative.
    let (x, y) = (x + 4096.0, y + 4096.0);
    let (left, top) = (x.floor(), y.floor());
    let (column, row) = (left as u32, top as u32);
    let (across, down) = (smooth(0.0, 1.0, x - left), smooth(0.0, 1.0, y - top));
    let between = |from: f32, to: f32, amount: f32| from + (to - from) * amount;
    between(
        between(hash(column, row), hash(column + 1, row), across),
        between(hash(column, row + 1), hash(column + 1, row + 1), across),
        down,
    )
}

/// The middle of a pixel.
fn middle(pixel: usize) -> f32 {
    pixel as f32 + 0.5
}
