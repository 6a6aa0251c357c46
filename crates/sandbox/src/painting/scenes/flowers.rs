//! Flowers: a loose bunch before a soft ground, painted from the back to the front.

use std::f32::consts::TAU;

use crate::painting::field::{Color, Field};
use crate::painting::noise::{Dice, fbm, hash, noise, step};
use crate::painting::subject::Subject;

pub(super) fn flowers(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    ground(field, subject, dice);
    let (right, bottom) = (field.right(), field.bottom());
    let foot = (right * dice.between(0.44, 0.56), bottom * 1.06);
    let count = 7 + dice.below(4);
    let mut heads: Vec<(f32, f32, f32)> = Vec::new();
    for _ in 0..240 {
        let radius = dice.between(0.1, 0.2);
        let (u, v) = (right * dice.between(0.14, 0.86), bottom * dice.between(0.14, 0.66));
        if heads.len() < count && heads.iter().all(|(x, y, r)| (u - x).hypot(v - y) > (r + radius) * 0.86) {
            heads.push((u, v, radius));
        }
    }
    for (u, v, _) in &heads {
        stem(field, subject, (*u, *v), foot, dice);
    }
    for _ in 0..20 {
        let root = (right * dice.between(0.2, 0.8), bottom * dice.between(0.5, 0.95));
        leaf(field, subject, root, dice);
    }
    heads.sort_by(|a, b| a.2.total_cmp(&b.2));
    for head in heads {
        flower(field, subject, head, dice);
    }
}

/// Blurred light and leaves.
fn ground(field: &mut Field, subject: &Subject, dice: &mut Dice) {
    let palette = subject.palette;
    let seed = dice.roll() as u32;
    let bottom = field.bottom();
    field.paint(|u, v, _| {
        let wash = fbm(u * 1.6 + 2.0 * noise(u, v, seed ^ 1), v * 1.6, 4, seed);
        let color = palette.top.mix(palette.glow, step(0.25, 0.75, wash + 0.25 * (0.5 - v / bottom)));
        color.mix(palette.far, 0.42 * step(0.5, 1.0, v / bottom) * (0.6 + 0.8 * wash))
    });
    for _ in 0..16 {
        let (u, v) = (field.right() * dice.unit(), bottom * dice.unit());
        let radius = dice.between(0.03, 0.11);
        let tone = if dice.chance(0.6) { palette.light } else { palette.accent.mix(palette.glow, 0.4) };
        let reach = radius * 1.15;
        field.paint_within((u - reach, v - reach, u + reach, v + reach), |x, y, under| {
            under.mix(tone, 0.14 * step(radius, radius * 0.72, (x - u).hypot(y - v)))
        });
    }
}

fn stem(field: &mut Field, subject: &Subject, head: (f32, f32), foot: (f32, f32), dice: &mut Dice) {
    let green = green(subject, dice.between(0.2, 0.55));
    let bow = dice.between(-0.1, 0.1);
    let thick = dice.between(0.005, 0.009);
    let length = foot.1 - head.1;
    let edge = 1.2 / field.unit();
    let bounds = (head.0.min(foot.0) - 0.2, head.1, head.0.max(foot.0) + 0.2, field.bottom());
    field.paint_within(bounds, |x, y, under| {
        let t = (y - head.1) / length;
        let middle = head.0 + (foot.0 - head.0) * t * t + bow * (t * (1.0 - t)) * 2.0;
        let cover = step(thick + edge, thick - edge, (x - middle).abs());
        under.mix(green.mix(subject.palette.glow, 0.35 * step(0.0, -thick, x - middle)), cover)
    });
}

fn leaf(field: &mut Field, subject: &Subject, (u, v): (f32, f32), dice: &mut Dice) {
    let palette = subject.palette;
    let angle = dice.between(-2.6, -0.5);
    let (sin, cos) = angle.sin_cos();
    let long = dice.between(0.12, 0.24);
    let wide = long * dice.between(0.16, 0.24);
    let green = green(subject, dice.between(0.2, 0.8));
    let edge = 1.2 / field.unit();
    field.paint_within((u - long, v - long, u + long, v + long), |x, y, under| {
        let (s, t) = (((x - u) * cos + (y - v) * sin) / long, (y - v) * cos - (x - u) * sin);
        if !(0.0..=1.0).contains(&s) {
            return under;
        }
        let t = t + 0.06 * (s * 3.0).sin() * long;
        let width = wide * (s * std::f32::consts::PI).sin().max(0.0).powf(0.8);
        let cover = step(width + edge, width - edge, t.abs());
        let vein = step(0.0035, 0.001, t.abs()) * 0.4;
        let side = if t > 0.0 { green.scale(0.82) } else { green.mix(palette.glow, 0.22) };
        under.mix(side.mix(palette.glow, vein), cover)
    });
}

/// Rings of petals, the outermost first.
fn flower(field: &mut Field, subject: &Subject, (u, v, radius): (f32, f32, f32), dice: &mut Dice) {
    let palette = subject.palette;
    let seed = dice.roll() as u32;
    let hue = match dice.below(4) {
        0 => palette.light.mix(palette.accent, 0.18),
        1 => palette.accent.mix(palette.far, 0.3),
        2 => palette.accent.mix(palette.light, 0.4),
        _ => palette.accent,
    };
    let petals = (5 + dice.below(4)) as f32;
    let tilt = dice.between(0.78, 1.0);
    let rings = 3 + dice.below(3);
    let edge = 1.2 / field.unit();
    // The flower's shadow on whatever lies behind it.
    let reach = radius * 1.2;
    field.paint_within((u - reach, v - reach, u + reach, v + reach), |x, y, under| {
        let distance = (x - u - 0.02).hypot(y - v - 0.025);
        under.mix(palette.near, 0.2 * step(radius * 1.05, radius * 0.6, distance))
    });
    for ring in 0..rings {
        let size = radius * (1.0 - 0.78 * ring as f32 / rings as f32);
        let turn = dice.unit() * TAU;
        let ring_tone = 1.0 - 0.07 * ring as f32;
        field.paint_within((u - reach, v - reach, u + reach, v + reach), |x, y, under| {
            let (dx, dy) = (x - u, (y - v) / tilt);
            let distance = dx.hypot(dy);
            let angle = dy.atan2(dx) + turn;
            let place = angle * petals / TAU;
            let within = (place - place.floor()) * 2.0 - 1.0;
            let lobe = hash(place.floor() as i32, ring as i32, seed);
            let outline = size
                * (0.8 + 0.16 * lobe)
                * (0.55 + 0.45 * (1.0 - within.abs().powf(2.6)).max(0.0).sqrt())
                * (0.96 + 0.08 * noise(angle * 6.0, 0.0, seed));
            let cover = step(outline + edge, outline - edge, distance);
            if cover <= 0.0 {
                return under;
            }
            let out = distance / outline.max(1e-4);
            let streak = noise(angle * 22.0, distance * 9.0, seed ^ 2) - 0.5;
            let mut color = hue.scale(ring_tone).mix(palette.light, 0.45 * out * out + 0.16 * streak);
            // Petals are dark where they come out of the heart, and where the next one covers them.
            color = color
                .mix(shade(hue, palette.near), 0.55 * (1.0 - out).max(0.0) + 0.3 * step(0.7, 1.0, within));
            color = color.mix(palette.light, 0.16 * step(0.2, -1.0, dx * 0.7 + dy));
            under.mix(color, cover)
        });
    }
    heart(field, subject, (u, v, radius * 0.17), seed);
}

fn heart(field: &mut Field, subject: &Subject, (u, v, radius): (f32, f32, f32), seed: u32) {
    let palette = subject.palette;
    let gold = Color::hex(0xE9_B44C).mix(palette.light, 0.15);
    field.paint_within(
        (u - radius * 1.5, v - radius * 1.5, u + radius * 1.5, v + radius * 1.5),
        |x, y, under| {
            let distance = (x - u).hypot(y - v) / radius;
            let dots = hash((x * 130.0) as i32, (y * 130.0) as i32, seed);
            let color =
                shade(gold, palette.near).mix(gold, step(0.2, 0.7, dots) * (0.5 + 0.5 * distance.min(1.0)));
            under.mix(color, step(1.15, 0.85, distance + 0.35 * (dots - 0.5)))
        },
    );
}

/// Green enough for a leaf, whatever the palette.
fn green(subject: &Subject, light: f32) -> Color {
    let palette = subject.palette;
    let leaf = Color::hex(0x2B_4F3E).mix(Color::hex(0x8F_B08A), light);
    leaf.mix(palette.near.mix(palette.far, light), 0.2)
}

fn shade(color: Color, dark: Color) -> Color {
    color.mix(dark, 0.5)
}
