//! Where pictures hang: a plastered wall in the morning, with a sideboard that says how large things are.

use tiny_skia::{Path, PathBuilder};

use super::studio::{ALL, Colour, Rect, Shape, Studio, lit, mix, noise, smooth};

const PLASTER: Colour = [0.905, 0.885, 0.855];
const OAK: Colour = [0.74, 0.585, 0.43];
/// Where the sideboard begins.
const BOARD: f32 = 1052.0;

/// The wall without anything.
pub fn wall() -> Studio {
    Studio::new(|x, y| {
        let (dx, dy) = ((x - 330.0) / 1250.0, (y - 240.0) / 1350.0);
        let light = 1.045 - 0.20 * (dx * dx + dy * dy);
        let plaster =
            1.0 + 0.010 * (noise(x / 34.0, y / 34.0) - 0.5) + 0.008 * (noise(x / 3.1, y / 2.7) - 0.5);
        lit(PLASTER, light * plaster)
    })
}

/// The sun comes through a window that is out of sight: over everything that hangs there already.
pub fn sunlight(studio: &mut Studio) {
    let mut panes = PathBuilder::new();
    // Two rows of panes, slanted as the sun stands.
    for (column, row) in [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
        let (left, top) = (150.0 + 345.0 * column, -130.0 + 400.0 * row + 118.0 * column);
        panes.move_to(left, top);
        panes.line_to(left + 318.0, top + 108.0);
        panes.line_to(left + 318.0, top + 108.0 + 366.0);
        panes.line_to(left, top + 366.0);
        panes.close();
    }
    let panes = Shape::within(panes.finish()).blurred(13.0);
    studio.touch(ALL, |x, y, pixel| {
        let sun = panes.at(x, y) * (1.0 - smooth(500.0, 1100.0, y));
        let by = 0.972 + 0.085 * sun;
        *pixel =
            [pixel[0] * (by + 0.006 * sun), pixel[1] * by, pixel[2] * (by - 0.022 * sun)].map(|c| c.min(1.0));
    });
}

/// The sideboard, and a vase with twigs on it.
pub fn sideboard(studio: &mut Studio) {
    let board = Rect { left: 70.0, top: BOARD, width: 1060.0, height: 200.0 };
    studio.shadow(Rect { left: 60.0, top: BOARD - 10.0, width: 1100.0, height: 240.0 }, 16.0, 0.28);
    let top = 20.0;
    studio.paint(board, |x, y| {
        let grain = 0.06 * (noise(x / 130.0, y / 3.2) - 0.5) + 0.035 * (noise(x / 40.0, y / 1.4) - 0.5);
        let falls = 1.06 - 0.12 * ((x - 70.0) / 1060.0);
        let tone = if y < BOARD + top {
            1.12 - 0.04 * smooth(BOARD, BOARD + top, y)
        } else {
            0.86 - 0.10 * smooth(BOARD + top, 1200.0, y) - 0.30 * (1.0 - smooth(0.0, 9.0, y - BOARD - top))
        };
        // The gap between two doors.
        let gap =
            if y > BOARD + top + 14.0 { 0.55 * (1.0 - smooth(0.6, 2.4, (x - 600.0).abs())) } else { 0.0 };
        Some((lit(OAK, falls * tone * (1.0 + grain) * (1.0 - gap)), board.covers(x, y)))
    });
    vase(studio);
}

fn vase(studio: &mut Studio) {
    let (cx, foot) = (1010.0, BOARD + 8.0);
    let stems: [(f32, f32, f32, f32); 5] = [
        (-58.0, -330.0, -14.0, -190.0),
        (-12.0, -392.0, -2.0, -200.0),
        (46.0, -352.0, 10.0, -190.0),
        (84.0, -262.0, 20.0, -170.0),
        (-86.0, -248.0, -22.0, -166.0),
    ];
    let shadow = {
        let body = Shape::within(body(cx, foot)).blurred(14.0);
        studio.shadow_of(&body, (30.0, 8.0), 0.20);
        let mut lines = PathBuilder::new();
        for (x, y, bend_x, bend_y) in stems {
            lines.move_to(cx, foot - 130.0);
            lines.quad_to(cx + bend_x, foot + bend_y, cx + x, foot + y);
        }
        Shape::along(lines.finish(), 4.0).blurred(7.0)
    };
    studio.shadow_of(&shadow, (34.0, 12.0), 0.5);
    for (number, (x, y, bend_x, bend_y)) in stems.into_iter().enumerate() {
        let mut line = PathBuilder::new();
        line.move_to(cx, foot - 120.0);
        line.quad_to(cx + bend_x, foot + bend_y, cx + x, foot + y);
        studio.fill(&Shape::along(line.finish(), 2.6), |_, _| [0.44, 0.36, 0.25]);
        let mut leaves = PathBuilder::new();
        for step in 0..9_u8 {
            let t = 0.38 + 0.62 * f32::from(step) / 8.0;
            let along = |from: f32, bend: f32, to: f32| {
                (1.0 - t) * (1.0 - t) * from + 2.0 * t * (1.0 - t) * bend + t * t * to
            };
            let (px, py) = (along(cx, cx + bend_x, cx + x), along(foot - 120.0, foot + bend_y, foot + y));
            let lean = (x / y.abs()) * 0.9;
            for side in [-1.0_f32, 1.0] {
                if step == 8 && side < 0.0 {
                    continue;
                }
                let turn = if step == 8 { lean } else { lean + side * 0.95 };
                let long = 34.0 - 11.0 * t;
                let (sx, sy) = (turn.sin(), -turn.cos());
                let (nx, ny) = (-sy, sx);
                let (tip_x, tip_y) = (px + sx * long, py + sy * long);
                let wide = 6.6;
                leaves.move_to(px, py);
                leaves.quad_to(
                    px + sx * long * 0.5 + nx * wide,
                    py + sy * long * 0.5 + ny * wide,
                    tip_x,
                    tip_y,
                );
                leaves.quad_to(px + sx * long * 0.5 - nx * wide, py + sy * long * 0.5 - ny * wide, px, py);
                leaves.close();
            }
        }
        let tone = if number % 2 == 0 { 1.0 } else { 0.88 };
        studio.fill(&Shape::within(leaves.finish()), |px, py| {
            let green = mix([0.43, 0.475, 0.355], [0.60, 0.60, 0.45], noise(px / 17.0, py / 23.0));
            lit(green, tone * (1.06 - 0.0006 * (px - 900.0)))
        });
    }
    let shape = Shape::within(body(cx, foot));
    studio.fill(&shape, |px, py| {
        let t = (px - cx) / 78.0;
        let light = 1.03 - 0.30 * smooth(-0.35, 1.05, t) - 0.10 * smooth(-0.6, -1.05, t);
        let clay =
            1.0 + 0.03 * (noise(px / 60.0, py / 3.0) - 0.5) + 0.025 * (noise(px / 2.0, py / 2.0) - 0.5);
        lit([0.895, 0.855, 0.80], light * clay * (1.0 - 0.12 * smooth(foot - 40.0, foot, py)))
    });
    let mut mouth = PathBuilder::new();
    if let Some(oval) = tiny_skia::Rect::from_xywh(cx - 25.0, foot - 158.0, 50.0, 11.0) {
        mouth.push_oval(oval);
    }
    studio.fill(&Shape::within(mouth.finish()), |_, _| [0.45, 0.41, 0.37]);
}

fn body(cx: f32, foot: f32) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(cx - 26.0, foot - 153.0);
    path.cubic_to(cx - 30.0, foot - 120.0, cx - 76.0, foot - 112.0, cx - 76.0, foot - 62.0);
    path.cubic_to(cx - 76.0, foot - 22.0, cx - 50.0, foot, cx - 38.0, foot);
    path.quad_to(cx, foot + 7.0, cx + 38.0, foot);
    path.cubic_to(cx + 50.0, foot, cx + 76.0, foot - 22.0, cx + 76.0, foot - 62.0);
    path.cubic_to(cx + 76.0, foot - 112.0, cx + 30.0, foot - 120.0, cx + 26.0, foot - 153.0);
    path.quad_to(cx, foot - 161.0, cx - 26.0, foot - 153.0);
    path.close();
    path.finish()
}
