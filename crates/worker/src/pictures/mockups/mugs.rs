//! Two mugs on a table, turned so that together they show the picture all the way round.

use std::f32::consts::FRAC_PI_2;

use tiny_skia::PathBuilder;

use super::studio::{ALL, Colour, Rect, Shape, Sheet, Studio, lit, mix, noise, smooth};

/// Half as wide as it is, how tall, and how much of its roundness the eye sees from above.
const RADIUS: f32 = 205.0;
const TALL: f32 = 480.0;
const TILT: f32 = 0.20;
/// The print goes 200 mm round a mug of 258 mm, and is 90 mm tall on one of 96 mm.
const ROUND: f32 = 200.0 / 258.0 * 2.0 * std::f32::consts::PI;
const MARGIN: f32 = 3.0 / 96.0 * TALL;
const WHITE: Colour = [0.955, 0.95, 0.94];
/// Where the table meets the wall.
const TABLE: f32 = 690.0;

/// Draws them. `black` is what is inside.
pub fn draw(sheet: &Sheet, black: bool) -> Studio {
    let mut studio = Studio::new(|x, y| {
        let (dx, dy) = ((x - 380.0) / 1300.0, (y - 200.0) / 1100.0);
        let wall = lit([0.86, 0.845, 0.82], 1.05 - 0.22 * (dx * dx + dy * dy));
        let near = smooth(TABLE, 1200.0, y);
        let grain = 0.07 * (noise(x / 210.0, (y - TABLE) / (3.0 + 9.0 * near)) - 0.5)
            + 0.03 * (noise(x / 60.0, y / 2.2) - 0.5);
        let wood = lit([0.80, 0.675, 0.535], (0.96 + 0.10 * near - 0.08 * (x / 1200.0)) * (1.0 + grain));
        // Out of focus.
        mix(wall, wood, smooth(TABLE - 9.0, TABLE + 9.0, y))
    });
    mug(&mut studio, sheet, (392.0, 420.0), -1.0, black);
    mug(&mut studio, sheet, (806.0, 500.0), 1.0, black);
    studio
}

/// One mug with the middle of its upper rim at a place, its handle to the left (−1) or to the right (1).
fn mug(studio: &mut Studio, sheet: &Sheet, (cx, rim): (f32, f32), side: f32, black: bool) {
    let foot = rim + TALL;
    stands(studio, (cx, foot), side);
    handle(studio, (cx, rim), side);
    // From the eye, the handle is 115° round, and the middle of the print opposite of it.
    let opposite = -side * 65.0_f32.to_radians();
    let area = Rect {
        left: cx - RADIUS - 1.0,
        top: rim - 2.0,
        width: 2.0 * RADIUS + 2.0,
        height: TALL + RADIUS * TILT + 4.0,
    };
    studio.paint(area, |x, y| {
        let t = (x - cx) / RADIUS;
        // As wide as it is, to a part of a pixel.
        let beside = ((1.0 - t.abs()) * RADIUS + 0.5).clamp(0.0, 1.0);
        if beside <= 0.0 {
            return None;
        }
        let t = t.clamp(-1.0, 1.0);
        let round = RADIUS * TILT * (1.0 - t * t).sqrt();
        // The foot is rounded in a little.
        let near_foot = smooth(foot - 26.0, foot, y - round);
        let narrowed = ((1.0 - 0.05 * near_foot * near_foot - t.abs()) * RADIUS + 0.5).clamp(0.0, 1.0);
        let below = (foot + round - y + 0.5).clamp(0.0, 1.0);
        let above = (y - rim - round + 0.5).clamp(0.0, 1.0);
        let amount = beside.min(narrowed) * below * above;
        if amount <= 0.0 {
            return None;
        }
        let angle = t.asin();
        let across = (angle - opposite) / ROUND + 0.5;
        let down = (y - round - rim - MARGIN) / (TALL - 2.0 * MARGIN);
        let printed = printed(across, down);
        let colour = if printed > 0.0 {
            mix(WHITE, sheet.at(across.clamp(0.0, 1.0), down.clamp(0.0, 1.0)), 0.97 * printed)
        } else {
            WHITE
        };
        Some((glazed(colour, angle, near_foot), amount))
    });
    opening(studio, (cx, rim), if black { [0.105, 0.10, 0.10] } else { [0.90, 0.89, 0.875] }, black);
}

/// Whether the print is there, with edges as soft as a pixel.
fn printed(across: f32, down: f32) -> f32 {
    let inside =
        |at: f32, soft: f32| (at / soft + 0.5).clamp(0.0, 1.0) * ((1.0 - at) / soft + 0.5).clamp(0.0, 1.0);
    inside(across, 0.0018) * inside(down, 0.0026)
}

/// Lit from the upper left, with a window mirrored in the glaze.
fn glazed(colour: Colour, angle: f32, near_foot: f32) -> Colour {
    let towards = (angle + 0.62).cos().max(0.0);
    let light =
        0.46 + 0.58 * towards.powf(0.85) - 0.16 * smooth(1.05, FRAC_PI_2, angle.abs()) - 0.14 * near_foot;
    // What the table throws back.
    let back = 0.10 * smooth(0.75, 1.35, angle) * (1.0 - smooth(1.40, 1.57, angle));
    let window = 0.34 * smooth(-0.98, -0.90, angle) * (1.0 - smooth(-0.76, -0.68, angle))
        + 0.10 * smooth(-0.60, -0.55, angle) * (1.0 - smooth(-0.50, -0.45, angle));
    lit(colour, light).map(|c| (c + back * 0.6 * c + (1.0 - c) * window).clamp(0.0, 1.0))
}

/// What one sees into from above.
fn opening(studio: &mut Studio, (cx, rim): (f32, f32), inside: Colour, black: bool) {
    let wide = RADIUS;
    let tall = RADIUS * TILT;
    let area = Rect::around((cx, rim), 2.0 * wide + 4.0, 2.0 * tall + 4.0);
    let distance = |x: f32, y: f32, a: f32, b: f32| {
        let (dx, dy) = ((x - cx) / a, (y - rim) / b);
        let r = dx.hypot(dy);
        // In pixels, by the slope there.
        let slope = (dx / a).hypot(dy / b) / r.max(1e-4);
        (1.0 - r) / slope.max(1e-6)
    };
    studio.paint(area, |x, y| {
        let amount = (distance(x, y, wide, tall) + 0.5).clamp(0.0, 1.0);
        let t = (x - cx) / wide;
        Some((lit([0.975, 0.97, 0.96], 1.02 - 0.12 * smooth(0.0, 1.0, t)), amount))
    });
    let (inner_wide, inner_tall) = (wide - 10.0, tall - 5.0);
    studio.paint(area, |x, y| {
        let amount = (distance(x, y, inner_wide, inner_tall) + 0.5).clamp(0.0, 1.0);
        if amount <= 0.0 {
            return None;
        }
        let (dx, dy) = ((x - cx) / inner_wide, (y - rim) / inner_tall);
        // The wall inside: the right of it faces the light, and it is darker further down, which is towards the eye.
        let light = 0.86 + 0.16 * smooth(-0.9, 0.9, dx) - 0.18 * smooth(-0.8, 1.0, dy);
        let shine = if black {
            0.30 * smooth(0.35, 0.62, dx) * (1.0 - smooth(0.66, 0.85, dx)) * (1.0 - smooth(-0.2, 0.5, dy))
        } else {
            0.0
        };
        Some((lit(inside, light).map(|c| c + shine * (1.0 - c)), amount))
    });
}

fn handle(studio: &mut Studio, (cx, rim): (f32, f32), side: f32) {
    // Seen at 115°: its outside is pulled in by the sine of that.
    let (reach, thick) = (142.0, 40.0);
    let (top, bottom) = (rim + 92.0, rim + 378.0);
    let root = cx + side * (RADIUS * 0.82);
    let end = cx + side * (RADIUS * 0.906 + reach);
    let mut line = PathBuilder::new();
    line.move_to(root, top);
    line.cubic_to(root + side * 90.0, top - 14.0, end, top - 8.0, end, top + 96.0);
    line.cubic_to(end, bottom - 62.0, root + side * 118.0, bottom - 8.0, root, bottom);
    let path = line.finish();
    let shape = Shape::along(path.clone(), thick);
    // How far from its middle line: a blurred thin line is brightest there.
    let height = Shape::along(path.clone(), thick * 0.72).blurred(8.0);
    studio.fill(&shape, |x, y| {
        let slope = |dx: f32, dy: f32| height.at(x + dx, y + dy) - height.at(x - dx, y - dy);
        let (sx, sy) = (slope(4.0, 0.0), slope(0.0, 4.0));
        // Round, so lit where it turns to the upper left.
        let light = 0.84 + 0.42 * (sx * 0.62 + sy * 0.78) - 0.06 * (1.0 - height.at(x, y));
        let by_the_mug = 1.0 - 0.22 * (1.0 - smooth(0.0, 46.0, (x - cx).abs() - RADIUS));
        lit(WHITE, (light * by_the_mug).clamp(0.45, 1.04))
    });
    let gleam = Shape::along(
        path.and_then(|path| path.transform(tiny_skia::Transform::from_translate(-5.0, -8.0))),
        5.0,
    )
    .blurred(2.5)
    .and(&shape);
    studio.paint(ALL, |x, y| {
        let amount = gleam.at(x, y) * (1.0 - smooth(rim + 110.0, rim + 250.0, y));
        (amount > 0.0).then_some(([1.0, 1.0, 1.0], 0.55 * amount))
    });
}

/// The shadow on the table, and what is mirrored in its lacquer.
fn stands(studio: &mut Studio, (cx, foot): (f32, f32), side: f32) {
    let oval = |x: f32, y: f32, wide: f32, tall: f32| {
        let mut path = PathBuilder::new();
        if let Some(around) = tiny_skia::Rect::from_xywh(x - wide, y - tall, 2.0 * wide, 2.0 * tall) {
            path.push_oval(around);
        }
        Shape::within(path.finish())
    };
    let base = foot + 4.0;
    studio.shadow_of(&oval(cx + 96.0, base + 26.0, RADIUS * 1.22, 52.0).blurred(26.0), (0.0, 0.0), 0.40);
    studio.shadow_of(&oval(cx + 24.0, base + 8.0, RADIUS * 1.0, 46.0).blurred(10.0), (0.0, 0.0), 0.42);
    studio.shadow_of(&oval(cx + side * 190.0 + 60.0, base - 6.0, 90.0, 20.0).blurred(18.0), (0.0, 0.0), 0.22);
}
