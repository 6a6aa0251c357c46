//! Land: ridges behind ridges, paler the farther they are.

use super::sky::{self, Light};
use super::trees;
use crate::painting::field::{Color, Field};
use crate::painting::noise::{Dice, fbm, lerp, noise, ridged, step};
use crate::painting::subject::Subject;

/// One ridge: its crest by column, and how it takes paint.
pub(super) struct Ridge {
    crest: Vec<f32>,
    unit: f32,
    /// 0 for the farthest, 1 for the nearest.
    pub near: f32,
}

impl Ridge {
    pub fn new(field: &Field, near: f32, height: impl Fn(f32) -> f32) -> Ridge {
        let unit = field.unit();
        let crest = (0..=field.width).map(|x| height(x as f32 / unit)).collect();
        Ridge { crest, unit, near }
    }

    /// The crest's height there.
    pub fn top(&self, u: f32) -> f32 {
        self.crest[((u * self.unit) as usize).min(self.crest.len() - 1)]
    }

    /// How steep it is; deeper down the larger forms tell.
    fn slope(&self, u: f32, depth: f32) -> f32 {
        let reach = 0.012 + depth.max(0.0) * 0.45;
        let (left, right) = ((u - reach).max(0.0), u + reach);
        (self.top(right) - self.top(left)) / (right - left)
    }

    /// Paints the ridge: lit from the light's side, mist towards its foot, snow above `snow_line`.
    pub fn paint(&self, field: &mut Field, subject: &Subject, light: &Light, snow: bool, seed: u32) {
        let palette = subject.palette;
        let body = palette.far.mix(palette.near, self.near.powf(1.15));
        let mist = palette.glow.mix(palette.far, 0.25);
        // One side for the whole ridge: changing it under the light would leave a seam.
        let lean = if light.u > field.right() * 0.5 { 1.0 } else { -1.0 };
        field.paint_below(
            |u| self.top(u),
            |u, v, depth, _| {
                // Gullies run down from the crest, away from the light.
                let texture = fbm(u * 9.0 + lean * depth * 6.5, v * 4.0, 4, seed) - 0.5;
                let rough = 1.7 - 1.1 * self.near;
                let facing = (-self.slope(u, depth) * lean * 0.6 + texture * rough).clamp(-1.0, 1.0);
                let mut color = if facing > 0.0 {
                    body.mix(palette.glow.mix(palette.light, 0.3), facing * lerp(0.5, 0.26, self.near))
                } else {
                    body.scale(1.0 + facing * 0.3)
                };
                if snow {
                    let line = 0.075 + 0.05 * texture + 0.06 * noise(u * 24.0, 0.0, seed ^ 3);
                    let cover = step(line + 0.02, line - 0.02, depth + texture * 0.12);
                    let white = Color([0.97, 0.98, 1.0]).mix(body, 0.18 + 0.42 * (-facing).max(0.0));
                    color = color.mix(white, cover * (1.0 - 0.25 * self.near));
                }
                color.mix(mist, (1.0 - self.near) * 0.62 * step(0.02, 0.26, depth))
            },
        );
    }
}

pub(super) fn mountains(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let bottom = field.bottom();
    let horizon = bottom * dice.between(0.52, 0.62);
    let light = sky::sky(field, subject, horizon, dice);
    let count = 4 + dice.below(3);
    let wooded = dice.chance(0.65);
    for index in 0..count {
        let near = index as f32 / (count - 1) as f32;
        let seed = dice.roll() as u32;
        let base = lerp(horizon - 0.02, bottom * 0.93, near.powf(1.2));
        let tall = lerp(dice.between(0.24, 0.34), 0.1, near);
        let pace = lerp(2.0, 1.3, near);
        let ridge = Ridge::new(field, near, |u| {
            // Far ridges are rock, near ones are rounded and grown over.
            let rock = ridged(u * pace, 6, seed);
            let hill = fbm(u * pace * 0.8, 3.0, 4, seed);
            base - tall * lerp(rock, hill, step(0.3, 0.75, near))
        });
        ridge.paint(field, subject, &light, subject.snow && near < 0.7, seed);
        if wooded && near > 0.55 {
            trees::firs(field, subject, &ridge, seed, dice);
        }
    }
    trees::birds(field, subject, horizon, dice);
}

/// Where a dune's crest stands, from its windward foot.
const PEAK: f32 = 0.68;

pub(super) fn dunes(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let bottom = field.bottom();
    let horizon = bottom * dice.between(0.46, 0.56);
    sky::sky(field, subject, horizon, dice);
    let palette = subject.palette;
    let count = 5;
    for index in 0..count {
        let near = index as f32 / (count - 1) as f32;
        let seed = dice.roll() as u32;
        let base = lerp(horizon + 0.04, bottom * 0.9, near);
        let tall = lerp(0.06, 0.22, near);
        let (pace, shift) = (lerp(1.7, 0.75, near), dice.between(0.0, 9.0));
        let phase = move |u: f32| u * pace + shift + 0.35 * noise(u * 1.4, 1.0, seed);
        let shape = move |u: f32| {
            let saw = phase(u).fract();
            // A long windward side and a short steep lee.
            if saw < PEAK {
                step(0.0, 1.0, saw / PEAK)
            } else {
                1.0 - step(0.0, 1.0, (saw - PEAK) / (1.0 - PEAK))
            }
        };
        let size = move |u: f32| 0.6 + 0.4 * noise(u * 0.9, 5.0, seed);
        let ridge = Ridge::new(field, near, |u| base - tall * (0.25 + 0.75 * shape(u)) * size(u));
        let body = palette.far.mix(palette.near, near * 0.3);
        let sun = palette.glow.mix(palette.light, 0.35);
        field.paint_below(
            |u| ridge.top(u),
            |u, v, depth, _| {
                // The crest winds down towards the viewer; beyond it lies the lee, deepest at the crest.
                let wind = depth * (1.5 + 1.2 * (depth * 9.0 + seed as f32 % 7.0).sin()) * pace;
                let saw = (phase(u) + wind).fract();
                let lee = step(PEAK, PEAK + 0.012, saw) * step(1.0, 0.84, saw);
                let ripple =
                    (noise(u * 6.0, v * 6.0, seed) * 9.0 + v * 170.0 / (0.6 + near)).sin() * 0.02 * near;
                let lit = body.mix(sun, 0.3 + 0.3 * step(0.0, PEAK, saw) * step(0.5, 0.0, depth));
                let dark = body.mix(palette.near, 0.62);
                let color = lit.mix(dark, lee * step(0.5, 0.1, depth));
                color.scale(1.0 + ripple * (1.0 - lee) + 0.07 * (fbm(u * 4.0, v * 8.0, 3, seed) - 0.5))
            },
        );
    }
}
