//! Woods: rows of firs before misty hills, or trunks that the light falls through.

use super::land::Ridge;
use super::sky;
use crate::painting::field::Field;
use crate::painting::noise::{Dice, fbm, hash, lerp, noise, step};
use crate::painting::subject::Subject;

pub(super) fn woods(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let bottom = field.bottom();
    let horizon = bottom * dice.between(0.5, 0.6);
    let light = sky::sky(field, subject, horizon, dice);
    let rows = 5;
    for row in 0..rows {
        let near = row as f32 / (rows - 1) as f32;
        let seed = dice.roll() as u32;
        let base = lerp(horizon + 0.02, bottom * 0.97, near.powf(1.1));
        let rise = lerp(0.16, 0.05, near);
        let ground = Ridge::new(field, near, |u| base - rise * fbm(u * 1.3, 2.0, 4, seed));
        if row > 0 {
            firs(field, subject, &ground, seed, dice);
        }
        ground.paint(field, subject, &light, subject.snow && row == 0, seed);
    }
    birds(field, subject, horizon, dice);
}

/// A row of firs along a ridge, taller the nearer it is.
pub(super) fn firs(field: &mut Field, subject: &Subject, ground: &Ridge, seed: u32, dice: &mut Dice) {
    let near = ground.near;
    let (tall, gap) = (lerp(0.09, 0.42, near * near), lerp(0.018, 0.1, near));
    let palette = subject.palette;
    let body = palette.far.mix(palette.near, near.powf(0.9));
    let lit = body.mix(palette.glow, 0.2 + 0.1 * (1.0 - near));
    let mut u = -gap * dice.unit();
    while u < field.right() + gap {
        // A clearing in the middle distance keeps the eye going.
        let crowd = noise(u * 2.1, 7.0, seed);
        u += gap * dice.between(0.55, 1.3) * if crowd < 0.42 { 2.6 } else { 1.0 };
        let height = tall * dice.between(0.55, 1.1) * (0.7 + 0.5 * crowd);
        let foot = ground.top(u.clamp(0.0, field.right())) + 0.012;
        let half = height * dice.between(0.17, 0.23);
        let (tone, phase) = (dice.between(0.86, 1.08), dice.unit());
        let (tip, tiers) = (foot - height, 5.0 + (height * 16.0).floor());
        let pixel = 1.0 / field.unit();
        field.paint_within((u - half * 1.3, tip, u + half * 1.3, foot), |x, y, under| {
            let down = (y - tip) / height;
            let tier = (down * tiers - 0.5 * (x - u).abs() / half + phase).rem_euclid(1.0);
            let ragged = 0.28 * (hash((x * 340.0) as i32, (y * 340.0) as i32, seed) - 0.5);
            let width = half * down * (0.62 + 0.38 * tier) * (1.0 + ragged) + pixel * 0.5;
            let cover = step(width + pixel, width - pixel, (x - u).abs());
            let side = ((x - u) / half * 0.5 + 0.5).clamp(0.0, 1.0);
            let color = body.mix(lit, (1.0 - side) * (0.5 + 0.5 * tier)).scale(tone);
            let color = if subject.snow {
                color.mix(palette.light, 0.75 * step(0.45, 0.05, tier) * step(0.95, 0.3, side))
            } else {
                color
            };
            under.mix(color, cover)
        });
    }
}

/// A few birds far off.
pub(super) fn birds(field: &mut Field, subject: &Subject, horizon: f32, dice: &mut Dice) {
    if subject.night || dice.chance(0.35) {
        return;
    }
    let (cu, cv) = (field.right() * dice.between(0.25, 0.75), horizon * dice.between(0.25, 0.5));
    let ink = subject.palette.near;
    for _ in 0..3 + dice.below(5) {
        let (u, v) = (cu + dice.between(-0.13, 0.13), cv + dice.between(-0.06, 0.06));
        let span = dice.between(0.009, 0.017);
        field.paint_within((u - span, v - span, u + span, v + span), |x, y, under| {
            let t = (x - u) / span;
            let wing = v - span * 0.55 * (1.0 - (2.0 * t.abs() - 1.0).powi(2)) + span * 0.25 * t.abs();
            let thick = span * 0.14 * (1.15 - t.abs());
            under.mix(ink, 0.8 * step(thick + 0.0015, thick * 0.4, (y - wing).abs()))
        });
    }
}
