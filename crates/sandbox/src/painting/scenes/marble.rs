//! Inks that run into each other, with veins of metal.

use crate::painting::field::{Color, Field};
use crate::painting::noise::{Dice, fbm, step};
use crate::painting::subject::Subject;

pub(super) fn marble(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let palette = subject.palette;
    let seed = dice.roll() as u32;
    let zoom = dice.between(1.0, 1.7);
    let pull = dice.between(1.7, 2.6);
    let (lean_u, lean_v) = (dice.between(-0.8, 0.8), dice.between(-0.8, 0.8));
    let metal = Color::hex(0xE8_C26A).mix(palette.light, 0.25);
    field.paint(|u, v, _| {
        let (x, y) = (u * zoom + lean_u * v, v * zoom + lean_v * u * 0.3);
        let (qx, qy) = (fbm(x, y, 4, seed), fbm(x + 5.2, y + 1.3, 4, seed ^ 1));
        let (rx, ry) = (
            fbm(x + pull * qx + 1.7, y + pull * qy + 9.2, 4, seed ^ 2),
            fbm(x + pull * qx + 8.3, y + pull * qy + 2.8, 4, seed ^ 3),
        );
        let flow = fbm(x + pull * rx, y + pull * ry, 4, seed ^ 4);
        let mut color = palette.near.mix(palette.far, step(0.22, 0.52, flow));
        color = color.mix(palette.top, step(0.42, 0.66, qx) * 0.75);
        color = color.mix(palette.accent, step(0.5, 0.72, ry) * 0.8);
        color = color.mix(palette.glow, step(0.5, 0.74, flow) * 0.85);
        color = color.mix(palette.light, step(0.56, 0.8, rx * 0.6 + flow * 0.5) * 0.75);
        // Cells of ink have darker rims.
        let line = (flow * 9.0 + rx * 2.0).fract();
        let rim = step(0.1, 0.0, (line - 0.5).abs());
        color = color.scale(1.0 - 0.14 * rim);
        let vein = ((rx + 0.5 * flow) * 5.0 + seed as f32 / 1e9).fract();
        let thin = step(0.022, 0.004, (vein - 0.5).abs()) * step(0.42, 0.52, qy);
        color.mix(metal.scale(0.82 + 0.36 * fbm(u * 40.0, v * 40.0, 2, seed ^ 6)), thin * 0.92)
    });
}
