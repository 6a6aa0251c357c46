//! Oil: strokes that follow the forms of the underpainting, from broad to fine, lit from the upper left as thick paint
//! is.

use image::RgbImage;

use super::field::{Color, Field};
use super::noise::{Dice, hash, noise};

/// Half the width of a stroke as a part of the shorter edge, how far apart the strokes are in half widths, and how much
/// the canvas must differ from the underpainting before a stroke is worth its paint.
const LAYERS: [(f32, f32, f32); 4] =
    [(0.021, 1.65, 0.0), (0.0105, 1.6, 0.055), (0.005, 1.6, 0.085), (0.0026, 1.6, 0.14)];
/// Length to width.
const STRETCH: f32 = 3.2;
const BRISTLES: usize = 12;
/// Paint that lies flat.
const FLAT: u8 = 128;

/// Covers the canvas with strokes.
pub(super) fn strokes(canvas: &mut RgbImage, field: &Field, dice: &mut Dice) {
    let (width, height) = (canvas.width() as usize, canvas.height() as usize);
    let mut sheet = Sheet { width, height, relief: vec![FLAT; width * height], colors: canvas };
    let seed = dice.roll() as u32;
    let shrink = field.width as f32 / width as f32;
    for (half, spacing, threshold) in LAYERS {
        let half = half * width.min(height) as f32;
        let pitch = half * spacing;
        let (columns, rows) = ((width as f32 / pitch) as usize + 1, (height as f32 / pitch) as usize + 1);
        let mut order: Vec<usize> = (0..columns * rows).collect();
        for last in (1..order.len()).rev() {
            order.swap(last, dice.below(last + 1));
        }
        for place in order {
            let x = ((place % columns) as f32 + dice.unit()) * pitch;
            let y = ((place / columns) as f32 + dice.unit()) * pitch;
            let color = field.sample(x * shrink, y * shrink);
            if threshold > 0.0 && !sheet.differs(x, y, color, threshold) {
                continue;
            }
            let lean = dice.between(-0.2, 0.2);
            let stroke = Stroke {
                x,
                y,
                half,
                angle: direction(field, x * shrink, y * shrink, seed) + lean,
                bend: dice.between(-0.12, 0.12),
                color: color.scale(dice.between(0.94, 1.06)),
                seed: dice.roll() as u32,
            };
            stroke.draw(&mut sheet);
        }
    }
    sheet.light();
}

/// Along the form where there is one, else along a slow drift.
fn direction(field: &Field, x: f32, y: f32, seed: u32) -> f32 {
    let tone = |dx: f32, dy: f32| field.sample(x + dx, y + dy).luminance();
    let (gx, gy) = (tone(3.0, 0.0) - tone(-3.0, 0.0), tone(0.0, 3.0) - tone(0.0, -3.0));
    let unit = field.unit();
    let drift = (noise(x / unit * 2.2, y / unit * 2.2, seed) - 0.5) * 3.0;
    let strength = (gx.hypot(gy) * 14.0).min(1.0);
    // Angles are the same after half a turn, so that they are mixed as doubled vectors.
    let form = gy.atan2(gx) + std::f32::consts::FRAC_PI_2;
    let (fs, fc) = (2.0 * form).sin_cos();
    let (ds, dc) = (2.0 * drift).sin_cos();
    (fs * strength + ds * (1.0 - strength)).atan2(fc * strength + dc * (1.0 - strength)) / 2.0
}

/// The canvas, and how thick the paint lies on it.
struct Sheet<'a> {
    width: usize,
    height: usize,
    relief: Vec<u8>,
    colors: &'a mut [u8],
}

impl Sheet<'_> {
    fn differs(&self, x: f32, y: f32, color: Color, threshold: f32) -> bool {
        let (x, y) = (x as usize, y as usize);
        if x >= self.width || y >= self.height {
            return false;
        }
        let at = (y * self.width + x) * 3;
        let pixel = &self.colors[at..at + 3];
        (0..3).map(|i| (f32::from(pixel[i]) / 255.0 - color.0[i]).abs()).sum::<f32>() > threshold
    }

    /// Light from the upper left on the ridges that the bristles left.
    fn light(&mut self) {
        for y in 1..self.height {
            let (above, below) = self.relief[(y - 1) * self.width..(y + 1) * self.width].split_at(self.width);
            let row = &mut self.colors[(y * self.width + 1) * 3..(y + 1) * self.width * 3];
            for ((pixel, here), upper_left) in row.chunks_exact_mut(3).zip(&below[1..]).zip(above) {
                let gain = (((i16::from(*here) - i16::from(*upper_left)) * 41) >> 8).clamp(-13, 15);
                for channel in pixel {
                    *channel = (i16::from(*channel) + gain).clamp(0, 255) as u8;
                }
            }
        }
    }
}

struct Stroke {
    x: f32,
    y: f32,
    half: f32,
    angle: f32,
    bend: f32,
    color: Color,
    seed: u32,
}

impl Stroke {
    fn draw(&self, sheet: &mut Sheet) {
        let (sin, cos) = self.angle.sin_cos();
        let long = self.half * STRETCH;
        let reach_y = long * sin.abs() + self.half * 1.3 * cos.abs();
        let bristles = self.bristles();
        let (inverse_long, inverse_half) = (1.0 / long, 1.0 / self.half);
        let last = ((self.y + reach_y) as usize + 1).min(sheet.height);
        for y in (self.y - reach_y).max(0.0) as usize..last {
            let dy = y as f32 - self.y;
            let Some((from, to)) = self.span(dy, sin, cos, long) else { continue };
            let first = (self.x + from).max(0.0) as usize;
            let end = ((self.x + to).max(0.0) as usize + 1).min(sheet.width);
            if first >= end {
                continue;
            }
            let row = y * sheet.width;
            let colors = &mut sheet.colors[(row + first) * 3..(row + end) * 3];
            let relief = &mut sheet.relief[row + first..row + end];
            let mut dx = first as f32 - self.x;
            for (pixel, height) in colors.chunks_exact_mut(3).zip(relief) {
                let s = (dx * cos + dy * sin) * inverse_long;
                let t = (dy * cos - dx * sin) * inverse_half + self.bend * s * s * STRETCH;
                dx += 1.0;
                let (length, across) = (s.abs(), t.abs());
                if length >= 1.0 || across >= 1.0 {
                    continue;
                }
                let bristle = &bristles[(((t + 1.0) * 0.5 * BRISTLES as f32) as usize).min(BRISTLES - 1)];
                // Each bristle runs dry somewhere in the last third.
                let dry = ((1.0 - length) * 4.0 - bristle.wear).clamp(0.0, 1.0);
                let alpha = (dry * ((1.0 - across) * 5.0).min(1.0) * bristle.load) as i32;
                for (channel, paint) in pixel.iter_mut().zip(bristle.paint) {
                    let old = i32::from(*channel);
                    *channel = (old + (((paint - old) * alpha) >> 8)) as u8;
                }
                let old = i32::from(*height);
                let thick = bristle.thick - (60.0 * across * across) as i32;
                *height = (old + (((thick - old) * alpha) >> 8)) as u8;
            }
        }
    }

    fn bristles(&self) -> [Bristle; BRISTLES] {
        std::array::from_fn(|lane| {
            let (load, wear) = (hash(lane as i32, 0, self.seed), hash(lane as i32, 1, self.seed));
            let shade = (0.965 + 0.07 * load) * 255.0;
            Bristle {
                load: (0.72 + 0.26 * load) * 256.0,
                wear: wear * 0.8,
                thick: (90.0 + 110.0 * load) as i32,
                paint: self.color.0.map(|c| (c * shade).clamp(0.0, 255.0) as i32),
            }
        })
    }

    /// The part of a row that the stroke can reach, seen from its middle.
    fn span(&self, dy: f32, sin: f32, cos: f32, long: f32) -> Option<(f32, f32)> {
        let slab = |along: f32, offset: f32, reach: f32| {
            if along.abs() < 1e-4 {
                return if offset.abs() <= reach { (f32::MIN, f32::MAX) } else { (f32::MAX, f32::MIN) };
            }
            let (a, b) = ((-reach - offset) / along, (reach - offset) / along);
            (a.min(b), a.max(b))
        };
        let (a0, a1) = slab(cos, dy * sin, long);
        let (b0, b1) = slab(-sin, dy * cos, self.half * 1.4);
        let (from, to) = (a0.max(b0), a1.min(b1));
        (from <= to).then_some((from, to))
    }
}

/// One hair of the brush: how much paint it carries (of 256), how soon it runs dry, how thick it leaves the paint.
struct Bristle {
    load: f32,
    wear: f32,
    thick: i32,
    paint: [i32; 3],
}
