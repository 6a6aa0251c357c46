//! The underpainting: colours as floats, at a fraction of the final size.

use super::noise::lerp;

/// A colour; 0 to 1 in each channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Color(pub [f32; 3]);

impl Color {
    pub const fn hex(rgb: u32) -> Color {
        let [_, r, g, b] = rgb.to_be_bytes();
        Color([r as f32 / 255.0, g as f32 / 255.0, b as f32 / 255.0])
    }

    pub fn mix(self, other: Color, t: f32) -> Color {
        let t = t.clamp(0.0, 1.0);
        Color([0, 1, 2].map(|i| lerp(self.0[i], other.0[i], t)))
    }

    pub fn scale(self, by: f32) -> Color {
        Color(self.0.map(|c| c * by))
    }

    /// Light falling on it.
    pub fn add(self, light: Color, amount: f32) -> Color {
        Color([0, 1, 2].map(|i| self.0[i] + (1.0 - self.0[i]) * light.0[i] * amount))
    }

    pub fn luminance(self) -> f32 {
        0.3 * self.0[0] + 0.59 * self.0[1] + 0.11 * self.0[2]
    }
}

/// Rows of colours. Coordinates for painting are in units of the shorter edge, so that a scene looks alike at any size.
pub(super) struct Field {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<Color>,
}

impl Field {
    pub fn new(width: usize, height: usize) -> Field {
        Field { width, height, pixels: vec![Color([0.0; 3]); width * height] }
    }

    /// Pixels to one unit.
    pub fn unit(&self) -> f32 {
        self.width.min(self.height) as f32
    }

    /// The right edge, in units.
    pub fn right(&self) -> f32 {
        self.width as f32 / self.unit()
    }

    /// The lower edge, in units.
    pub fn bottom(&self) -> f32 {
        self.height as f32 / self.unit()
    }

    /// Paints every pixel anew, given its place and its colour so far.
    pub fn paint(&mut self, brush: impl Fn(f32, f32, Color) -> Color) {
        self.paint_within((0.0, 0.0, self.right(), self.bottom()), brush);
    }

    /// Paints the pixels of a box: left, top, right, bottom.
    pub fn paint_within(
        &mut self,
        (left, top, right, bottom): (f32, f32, f32, f32),
        brush: impl Fn(f32, f32, Color) -> Color,
    ) {
        let unit = self.unit();
        let edge = |at: f32, most: usize| ((at * unit).ceil().max(0.0) as usize).min(most);
        let (x0, x1) = (edge(left, self.width), edge(right, self.width));
        let (y0, y1) = (edge(top, self.height), edge(bottom, self.height));
        for y in y0..y1 {
            for x in x0..x1 {
                let pixel = &mut self.pixels[y * self.width + x];
                *pixel = brush((x as f32 + 0.5) / unit, (y as f32 + 0.5) / unit, *pixel);
            }
        }
    }

    /// Paints column by column from the height that `top` gives downwards; the brush also gets the depth below it.
    pub fn paint_below(&mut self, top: impl Fn(f32) -> f32, brush: impl Fn(f32, f32, f32, Color) -> Color) {
        let unit = self.unit();
        for x in 0..self.width {
            let u = (x as f32 + 0.5) / unit;
            let edge = top(u) * unit;
            let first = edge.floor().max(0.0) as usize;
            for y in first..self.height {
                let pixel = &mut self.pixels[y * self.width + x];
                let v = (y as f32 + 0.5) / unit;
                let cover = (y as f32 + 1.0 - edge).clamp(0.0, 1.0);
                let painted = brush(u, v, v - edge / unit, *pixel);
                *pixel = pixel.mix(painted, cover);
            }
        }
    }

    /// The colour at a place, between pixels too.
    pub fn at(&self, u: f32, v: f32) -> Color {
        let unit = self.unit();
        self.sample(u * unit - 0.5, v * unit - 0.5)
    }

    /// The colour at a place in pixels.
    pub fn sample(&self, x: f32, y: f32) -> Color {
        let x = x.clamp(0.0, (self.width - 1) as f32);
        let y = y.clamp(0.0, (self.height - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.width - 1), (y0 + 1).min(self.height - 1));
        let (tx, ty) = (x - x0 as f32, y - y0 as f32);
        let row = |y: usize| self.pixels[y * self.width + x0].mix(self.pixels[y * self.width + x1], tx);
        row(y0).mix(row(y1), ty)
    }
}
