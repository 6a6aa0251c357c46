//! Cheap, repeatable noise: a hash, smooth value noise over it, and sums of octaves.

/// A small generator for the choices of one picture.
pub(super) struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    /// The next number; splitmix64.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub fn unit(&mut self) -> f32 {
        (self.roll() >> 40) as f32 / (1u32 << 24) as f32
    }

    pub fn between(&mut self, least: f32, most: f32) -> f32 {
        least + (most - least) * self.unit()
    }

    /// From 0 to below `count`.
    pub fn below(&mut self, count: usize) -> usize {
        (self.roll() % count as u64) as usize
    }

    pub fn chance(&mut self, of: f32) -> bool {
        self.unit() < of
    }
}

/// A number from 0 to 1 for a point of the grid.
pub(super) fn hash(x: i32, y: i32, seed: u32) -> f32 {
    let mut h = (x as u32).wrapping_mul(0x85EB_CA6B) ^ (y as u32).wrapping_mul(0xC2B2_AE35) ^ seed;
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    (h >> 8) as f32 / (1u32 << 24) as f32
}

/// Smooth noise from 0 to 1.
pub(super) fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy) = (fx as i32, fy as i32);
    let (tx, ty) = (fade(x - fx), fade(y - fy));
    let top = lerp(hash(ix, iy, seed), hash(ix + 1, iy, seed), tx);
    let bottom = lerp(hash(ix, iy + 1, seed), hash(ix + 1, iy + 1, seed), tx);
    lerp(top, bottom, ty)
}

/// Octaves of noise, from 0 to 1. Each is turned a little, or the grid would show.
pub(super) fn fbm(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut x, mut y, mut sum, mut weight, mut total) = (x, y, 0.0, 0.5, 0.0);
    for octave in 0..octaves {
        sum += weight * noise(x, y, seed.wrapping_add(octave * 131));
        total += weight;
        (x, y) = (1.6 * x + 1.2 * y + 7.3, -1.2 * x + 1.6 * y + 3.1);
        weight *= 0.5;
    }
    sum / total
}

/// Octaves with sharp crests, as mountains have; from 0 to 1.
pub(super) fn ridged(x: f32, octaves: u32, seed: u32) -> f32 {
    let (mut x, mut sum, mut weight, mut total) = (x, 0.0, 0.5, 0.0);
    for octave in 0..octaves {
        let crest = 1.0 - (2.0 * noise(x, 0.5, seed.wrapping_add(octave * 977)) - 1.0).abs();
        sum += weight * crest * crest;
        total += weight;
        x = 2.03 * x + 11.7;
        weight *= 0.48;
    }
    sum / total
}

pub(super) fn lerp(from: f32, to: f32, t: f32) -> f32 {
    from + (to - from) * t
}

/// From 0 at one edge to 1 at the other, softly.
pub(super) fn step(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}
