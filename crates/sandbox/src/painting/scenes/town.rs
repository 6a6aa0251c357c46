//! A town across the water, with lit windows at night.

use super::{sea, sky};
use crate::painting::field::Field;
use crate::painting::noise::{Dice, fbm, hash, lerp, step};
use crate::painting::subject::Subject;

pub(super) fn town(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let bottom = field.bottom();
    let shore = bottom * dice.between(0.66, 0.74);
    let light = sky::sky(field, subject, shore, dice);
    for row in 0..4 {
        let near = row as f32 / 3.0;
        houses(field, subject, shore, near, dice);
    }
    sea::water(field, subject, shore, light.u, dice.roll() as u32);
}

fn houses(field: &mut Field, subject: &Subject, shore: f32, near: f32, dice: &mut Dice) {
    let palette = subject.palette;
    let seed = dice.roll() as u32;
    let pixel = 1.0 / field.unit();
    let body = palette.far.mix(palette.near, 0.15 + 0.75 * near);
    let warm = palette.light.mix(palette.accent, 0.35);
    let lights = if subject.night { 0.62 } else { 0.2 };
    let mut u = -0.05;
    while u < field.right() {
        let width = dice.between(0.035, 0.085) * lerp(0.8, 1.25, near);
        let middle = 1.0 - ((u / field.right() - 0.5).abs() * 1.5).powi(2);
        let height = lerp(0.36, 0.13, near) * dice.between(0.4, 1.15) * (0.45 + 0.75 * middle.max(0.0));
        let (top, tone) = (shore - height, dice.between(0.88, 1.12));
        let roof = match dice.below(5) {
            0 => width * 0.55,
            1 => width * 1.5,
            _ => 0.0,
        };
        let spire = dice.chance(0.14) && near < 0.6;
        let left = u;
        let wall = body.scale(tone);
        field.paint_within((left, top - roof - 0.08, left + width, shore), |x, y, under| {
            let (s, depth) = ((x - left) / width, y - top);
            let gable = -roof * (1.0 - (2.0 * s - 1.0).abs());
            let mast = if spire {
                step(pixel, 0.0, (s - 0.5).abs() * width) * step(-0.08, -0.07, depth)
            } else {
                0.0
            };
            let cover = step(gable - pixel, gable + pixel, depth).max(mast);
            let mut color =
                wall.mix(palette.glow, 0.3 * (1.0 - near) + 0.14 * step(0.0, 0.5, depth / height.max(0.01)));
            color = color.mix(
                palette.light,
                0.16 * step(0.34, 0.2, s) + 0.03 * (fbm(x * 30.0, y * 30.0, 2, seed) - 0.5),
            );
            let (cell_u, cell_v) = (0.0125, 0.017);
            let (iu, iv) = ((s * width / cell_u).floor(), (depth / cell_v).floor());
            let (fu, fv) = ((s * width / cell_u).fract(), (depth / cell_v).fract());
            let pane = step(0.22, 0.34, fu) * step(0.8, 0.68, fu) * step(0.2, 0.32, fv) * step(0.8, 0.68, fv);
            let lit = hash(iu as i32 + (left * 900.0) as i32, iv as i32, seed) < lights;
            let glass = if lit { warm } else { wall.scale(0.72) };
            let in_wall = step(0.004, 0.008, depth) * step(0.06, 0.12, s) * step(0.94, 0.88, s);
            under.mix(color.mix(glass, pane * in_wall * lerp(0.55, 0.9, near)), cover)
        });
        u += width * dice.between(0.72, 1.05);
    }
}
