//! Space: a nebula, stars, a planet that may have rings.

use crate::painting::field::Field;
use crate::painting::noise::{Dice, fbm, hash, step};
use crate::painting::subject::Subject;

pub(super) fn cosmos(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let palette = subject.palette;
    let seed = dice.roll() as u32;
    let (au, av) = (dice.between(-0.4, 0.4), dice.between(0.6, 1.4));
    let deep = palette.near.mix(palette.top, 0.25).scale(0.8);
    field.paint(|u, v, _| {
        let (wu, wv) = (fbm(u * 1.8, v * 1.8, 4, seed), fbm(u * 1.8 + 5.0, v * 1.8, 4, seed ^ 3));
        let cloud = fbm(u * 2.0 + wu * 2.4, v * 2.0 + wv * 2.4, 5, seed ^ 7);
        let band = (-((v - av * 0.5 - au * (u - 0.5)) / 0.36).powi(2)).exp();
        let mut color = deep.mix(palette.far, step(0.28, 0.66, cloud) * (0.4 + 0.6 * band));
        color = color.add(palette.accent, step(0.44, 0.7, cloud) * band * 0.85);
        color = color.add(palette.glow, step(0.45, 0.72, wu) * band * 0.75);
        color = color.add(palette.light, step(0.54, 0.76, cloud * 0.7 + wv * 0.4) * band * 0.6);
        for (cell, share, size) in [(64.0f32, 0.91, 70.0), (17.0, 0.93, 420.0)] {
            let (cu, cv) = ((u * cell).floor(), (v * cell).floor());
            let lot = hash(cu as i32, cv as i32, seed ^ 9);
            if lot > share {
                let (ou, ov) = (
                    u * cell - cu - 0.25 - 0.5 * hash(cu as i32, cv as i32, 5),
                    v * cell - cv - 0.25 - 0.5 * hash(cu as i32, cv as i32, 6),
                );
                let distance = ou * ou + ov * ov;
                color = color.add(
                    palette.light,
                    (-distance * size).exp() * hash(cu as i32, cv as i32, 8).powi(2) * 1.1,
                );
                color = color.add(palette.accent, 0.16 * (-distance * size * 0.12).exp());
            }
        }
        color
    });
    planet(field, subject, dice);
}

fn planet(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let palette = subject.palette;
    let radius = dice.between(0.15, 0.25);
    let (u, v) = (field.right() * dice.between(0.3, 0.7), field.bottom() * dice.between(0.32, 0.64));
    let seed = dice.roll() as u32;
    let lean = dice.between(-0.5, 0.5);
    let (sin, cos) = lean.sin_cos();
    let ringed = dice.chance(0.6);
    let pixel = 1.0 / field.unit();
    let reach = radius * 2.4;
    field.paint_within((u - reach, v - reach, u + reach, v + reach), |x, y, under| {
        let (dx, dy) = (x - u, y - v);
        let (s, t) = (dx * cos + dy * sin, dy * cos - dx * sin);
        let distance = dx.hypot(dy);
        let halo = (-((distance - radius) / (radius * 0.16)).max(0.0)).exp();
        let mut color = under.add(palette.glow, halo * 0.3);
        let globe = step(radius + pixel, radius - pixel, distance);
        if globe > 0.0 {
            let z = (1.0 - (distance / radius).powi(2)).max(0.0).sqrt();
            let bands = fbm(s * 3.0, t * 22.0 + fbm(s * 6.0, t * 6.0, 3, seed) * 5.0, 4, seed);
            let surface = palette
                .accent
                .mix(palette.glow, step(0.3, 0.6, bands))
                .mix(palette.far, step(0.55, 0.8, bands));
            let sun = (-dx * 0.62 - dy * 0.5) / radius + z * 0.6;
            let lit = surface
                .mix(palette.light, 0.25)
                .scale(sun.clamp(0.06, 1.0))
                .add(palette.accent, 0.18 * (1.0 - z));
            color = color.mix(lit, globe);
        }
        let across = (s / 2.1).hypot(t / 0.42) / radius;
        if ringed && (t > 0.0 || distance > radius) {
            let groove = 0.55 + 0.45 * fbm(across * 38.0, 0.0, 2, seed ^ 4);
            let ring = step(0.66, 0.69, across) * step(1.0, 0.97, across) * groove;
            color = color.mix(palette.glow.mix(palette.light, 0.4), ring * 0.82);
        }
        color
    });
}
