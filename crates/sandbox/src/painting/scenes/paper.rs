//! Shapes cut from coloured paper: a disc, an arch, hills and a sprig, each with its shadow.

use crate::painting::field::{Color, Field};
use crate::painting::noise::{Dice, fbm, noise, step};
use crate::painting::subject::Subject;

pub(super) fn paper(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let palette = subject.palette;
    let ground = palette.light.mix(palette.glow, 0.45).mix(Color::hex(0xF6_EFE3), 0.4);
    field.paint(|_, _, _| ground);
    let (right, bottom) = (field.right(), field.bottom());
    let middle = right * dice.between(0.42, 0.58);

    let radius = dice.between(0.19, 0.27);
    let (du, dv) = (middle + dice.between(-0.16, 0.16), bottom * dice.between(0.27, 0.36));
    lay(field, palette.accent, |u, v| (u - du).hypot(v - dv) - radius);

    let (au, foot) = (right * dice.between(0.3, 0.7), bottom * 0.8);
    let bands = 4;
    let outer = dice.between(0.24, 0.33);
    let tones = [palette.far, palette.glow.mix(palette.accent, 0.35), palette.near, ground];
    for (index, tone) in tones.into_iter().enumerate().take(bands) {
        let reach = outer * (1.0 - index as f32 / bands as f32);
        let spring = foot - outer * 0.75;
        lay(field, tone, |u, v| {
            let round = if v < spring { (u - au).hypot(v - spring) } else { (u - au).abs() };
            (round - reach).max(v - bottom)
        });
    }
    let hills = [palette.far.mix(palette.glow, 0.4), palette.top.mix(palette.far, 0.5), palette.near];
    for (index, tone) in hills.into_iter().enumerate() {
        let seed = dice.roll() as u32;
        let base = bottom * (0.74 + 0.1 * index as f32);
        let swing = dice.between(0.1, 0.17);
        lay(field, tone, |u, v| base - swing * (noise(u * 1.5, 0.0, seed) - 0.3) - v);
    }
    sprig(field, subject, dice);
    let seed = dice.roll() as u32;
    field.paint(|u, v, under| under.scale(0.985 + 0.035 * fbm(u * 55.0, v * 55.0, 3, seed)));
}

/// Lays a sheet of paper down, given the signed distance to its edge: first the shadow that it throws, then itself,
/// its upper edge catching light.
fn lay(field: &mut Field, color: Color, edge: impl Fn(f32, f32) -> f32) {
    let pixel = 1.0 / field.unit();
    field.paint(|u, v, under| {
        let shadow = step(0.022, -0.012, edge(u - 0.007, v - 0.011));
        let inside = edge(u, v);
        let cover = step(pixel, -pixel, inside);
        let rim = step(-0.0055, -0.001, inside) * 0.2;
        under.scale(1.0 - 0.2 * shadow).mix(color.mix(Color([1.0; 3]), rim), cover)
    });
}

/// A stalk with paired leaves.
fn sprig(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let palette = subject.palette;
    let right = field.right();
    let side = if dice.chance(0.5) { 0.2 } else { 0.8 };
    let (u0, v0) = (right * side, field.bottom() * 0.97);
    let (height, bow) = (dice.between(0.42, 0.55), dice.between(-0.09, 0.09));
    let ink = palette.near.mix(palette.accent, 0.12);
    let stalk = |t: f32| (u0 + bow * t * t, v0 - height * t);
    lay(field, ink, |u, v| {
        let t = ((v0 - v) / height).clamp(0.0, 1.0);
        ((u - stalk(t).0).abs() - 0.0045).max(v0 - height - v)
    });
    let pairs = 6;
    for pair in 0..pairs {
        let t = 0.28 + 0.7 * pair as f32 / pairs as f32;
        let long = 0.115 * (1.12 - 0.55 * t);
        for turn in [-1.0f32, 1.0] {
            let (ru, rv) = stalk(t);
            let (sin, cos) = (-0.75f32).sin_cos();
            let (sin, cos) = (sin, cos * turn);
            let tone =
                if (pair + usize::from(turn > 0.0)) % 2 == 0 { ink } else { palette.far.mix(ink, 0.45) };
            lay(field, tone, |u, v| {
                let s = ((u - ru) * cos + (v - rv) * sin) / long;
                let across = ((v - rv) * cos - (u - ru) * sin).abs();
                let width =
                    0.21 * long * (s.clamp(0.0, 1.0) * std::f32::consts::PI).sin().max(0.0).powf(0.75);
                (across - width).max((s - 1.0) * long).max(-s * long)
            });
        }
    }
}
