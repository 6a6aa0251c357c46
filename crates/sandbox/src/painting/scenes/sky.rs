//! Sky: a gradient, clouds that take the light, a sun or a moon, stars.

use crate::painting::field::Field;
use crate::painting::noise::{Dice, fbm, hash, noise, step};
use crate::painting::subject::Subject;

/// Where the light stands.
pub(super) struct Light {
    pub u: f32,
    pub v: f32,
    pub radius: f32,
}

/// Paints the whole field as sky above a horizon at that height.
pub(super) fn sky(field: &mut Field, subject: &Subject, horizon: f32, dice: &mut Dice) -> Light {
    let palette = subject.palette;
    let right = field.right();
    let side = if dice.chance(0.5) { 0.33 } else { 0.67 };
    let light = Light {
        u: right * (side + dice.between(-0.08, 0.08)),
        v: horizon * dice.between(0.36, 0.66),
        radius: dice.between(0.065, 0.115),
    };
    let seed = dice.roll() as u32;
    let cloudiness = dice.between(0.44, 0.6);
    let glow = if subject.night { 0.28 } else { 0.6 };
    let pixel = 1.0 / field.unit();
    field.paint(|u, v, _| {
        let t = (v / horizon).min(1.0);
        let mut color = palette.top.mix(palette.glow, step(0.0, 1.0, t.powf(1.25)));
        let (du, dv) = (u - light.u, v - light.v);
        let distance = (du * du + dv * dv).sqrt();
        let shine = (-distance * 3.4).exp();
        color = color.add(palette.light, shine * glow);
        if subject.night {
            let cell = 90.0;
            let (cu, cv) = ((u * cell).floor(), (v * cell).floor());
            let lot = hash(cu as i32, cv as i32, seed ^ 7);
            if lot > 0.965 {
                let (ou, ov) = (u * cell - cu - 0.5, v * cell - cv - 0.5);
                let star = (-(ou * ou + ov * ov) * 26.0).exp() * (lot - 0.965) * 28.0 * (1.0 - t);
                color = color.add(palette.light, star);
            }
        }
        let drift = noise(u * 1.7, v * 2.4, seed) * 0.7;
        let cloud = fbm(u * 1.9 + drift, v * 5.2 - drift, 5, seed ^ 5);
        let mask = step(cloudiness, cloudiness + 0.24, cloud) * (0.35 + 0.5 * t);
        let lit = palette.glow.mix(palette.light, 0.35 + shine * 0.9).mix(palette.top, 0.25 * (1.0 - cloud));
        color = color.mix(lit, mask * if subject.night { 0.3 } else { 0.8 });
        let disc = step(light.radius + pixel * 1.5, light.radius - pixel * 1.5, distance);
        let face = if subject.night {
            palette.light.scale(1.0 - 0.12 * step(0.45, 0.7, fbm(u * 14.0, v * 14.0, 3, seed ^ 9)))
        } else {
            palette.light.mix(palette.accent, 0.12 * (dv / light.radius).clamp(0.0, 1.0))
        };
        color.mix(face, disc * 0.97)
    });
    light
}
