//! The sea: hills far off, the sky's reflection, glitter under the light, a sail where one is asked for.

use super::land::Ridge;
use super::{sky, trees};
use crate::painting::field::Field;
use crate::painting::noise::{Dice, fbm, lerp, noise, ridged, step};
use crate::painting::subject::Subject;

pub(super) fn sea(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let bottom = field.bottom();
    let horizon = bottom * dice.between(0.46, 0.58);
    let light = sky::sky(field, subject, horizon, dice);
    for near in [0.0, 0.3] {
        let seed = dice.roll() as u32;
        let (from, to) = (dice.between(-0.5, 0.4) * field.right(), dice.between(0.6, 1.5) * field.right());
        let tall = lerp(0.13, 0.09, near);
        let coast = Ridge::new(field, near, |u| {
            let reach = step(from, from + 0.25, u) * step(to, to - 0.25, u);
            horizon + 0.01 - tall * reach * (0.3 + 0.7 * ridged(u * 2.2, 5, seed))
        });
        coast.paint(field, subject, &light, subject.snow, seed);
    }
    water(field, subject, horizon, light.u, dice.roll() as u32);
    if subject.boat || dice.chance(0.45) {
        boat(field, subject, horizon, dice);
    }
    trees::birds(field, subject, horizon, dice);
}

/// Water from the horizon down, mirroring what is painted above it.
pub(super) fn water(field: &mut Field, subject: &Subject, horizon: f32, light_u: f32, seed: u32) {
    let palette = subject.palette;
    let bottom = field.bottom();
    let above = Field { width: field.width, height: field.height, pixels: field.pixels.clone() };
    let right = field.right();
    field.paint_within((0.0, horizon, right, bottom), |u, v, _| {
        let t = (v - horizon) / (bottom - horizon);
        // Rows of waves stand closer towards the horizon.
        let row = 9.0 * (1.0 - (1.0 - t).powf(2.2)) * 6.0;
        let swell = fbm(u * lerp(9.0, 2.4, t), row, 3, seed);
        let chop = noise(u * lerp(40.0, 12.0, t), row * 3.0, seed ^ 1);
        let push = (swell - 0.5) * lerp(0.02, 0.12, t);
        let mirror = (horizon - (v - horizon) * 0.8 + push).clamp(0.0, horizon - 0.004);
        let mut color = above.at(u + push * 0.6, mirror);
        color = color.mix(palette.far.mix(palette.near, 0.35 + 0.65 * t), lerp(0.38, 0.66, t));
        let crest = step(0.54, 0.74, swell * 0.72 + chop * 0.28);
        color = color.mix(palette.glow, crest * lerp(0.34, 0.24, t));
        color = color.scale(1.0 - 0.26 * step(0.46, 0.26, swell) * (0.35 + t));
        let column = (-((u - light_u) / lerp(0.06, 0.24, t)).powi(2)).exp();
        let glitter = step(0.5, 0.66, swell * 0.5 + chop * 0.5 + column * 0.07);
        color = color.add(palette.light, column * glitter * lerp(0.9, 0.5, t));
        // The horizon itself is never quite sharp.
        color.mix(palette.glow, 0.35 * step(0.02, 0.0, v - horizon))
    });
}

fn boat(field: &mut Field, subject: &Subject, horizon: f32, dice: &mut Dice) {
    let palette = subject.palette;
    let size = dice.between(0.07, 0.13);
    let u = field.right() * dice.between(0.28, 0.72);
    let keel = horizon + (field.bottom() - horizon) * dice.between(0.12, 0.3);
    let pixel = 1.2 / field.unit();
    let soft = |distance: f32| step(pixel, -pixel, distance);
    let sail = palette.light.mix(palette.glow, 0.15);
    let inside = move |x: f32, y: f32| {
        // Units of the boat: keel at 0, mast top at 1.9, bow to the right.
        let (x, y) = ((x - u) / size, (keel - y) / size);
        let hull = (x.abs() - 0.55 - 0.25 * y).max(-y).max(y - 0.2);
        let main = (-x - 0.52 * (1.0 - (y - 0.28) / 1.62)).max(x + 0.03).max(0.28 - y).max(y - 1.9);
        let jib = (x - 0.44 * (1.0 - (y - 0.3) / 1.3)).max(0.04 - x).max(0.3 - y).max(y - 1.6);
        (soft(hull * size), soft(main * size), soft(jib * size))
    };
    field.paint_within((u - size, keel, u + size, keel + size * 1.6), |x, y, under| {
        let wobble = 0.12 * size * (y * 260.0).sin() * (y - keel) / size;
        let (hull, main, jib) = inside(x + wobble, keel - (y - keel) * 1.25);
        let fade = 0.42 * (1.0 - (y - keel) / (size * 1.6));
        under.mix(palette.near, hull * fade).mix(sail, main.max(jib) * fade)
    });
    field.paint_within((u - size, keel - size * 2.0, u + size, keel), |x, y, under| {
        let (hull, main, jib) = inside(x, y);
        let belly = ((x - u) / size + 0.5).clamp(0.0, 1.0);
        under
            .mix(sail.mix(palette.far, 0.3 * (1.0 - belly)), main)
            .mix(palette.accent.mix(sail, 0.25), jib)
            .mix(palette.near, hull)
    });
}
