//! A shirt on a table, with the print on its chest.

use tiny_skia::{Path, PathBuilder};

use super::studio::{Colour, Rect, Shape, Sheet, Studio, lit, mix, noise, smooth};

/// The middle of the shirt.
const MIDDLE: f32 = 600.0;

/// Draws it.
pub fn draw(sheet: &Sheet, finish: &str) -> Studio {
    let (cloth, table): (Colour, Colour) = match finish {
        "black" => ([0.115, 0.115, 0.122], [0.83, 0.81, 0.785]),
        "navy" => ([0.135, 0.175, 0.285], [0.84, 0.82, 0.79]),
        _ => ([0.945, 0.942, 0.935], [0.72, 0.70, 0.672]),
    };
    let mut studio = Studio::new(|x, y| {
        let (dx, dy) = ((x - 380.0) / 1300.0, (y - 260.0) / 1300.0);
        let linen = 0.018 * (noise(x / 1.6, y / 24.0) - 0.5) + 0.018 * (noise(x / 24.0, y / 1.6) - 0.5);
        lit(table, (1.06 - 0.17 * (dx * dx + dy * dy)) * (1.0 + linen))
    });
    let whole = Shape::within(outline());
    studio.shadow_of(&Shape::within(outline()).blurred(24.0), (12.0, 20.0), 0.30);
    studio.shadow_of(&Shape::within(outline()).blurred(5.0), (3.0, 5.0), 0.38);

    // The inside of the back, with its seam, seen through the neck.
    let back = Shape::within(neck_back());
    let folds = folds();
    let is_dark = cloth[1] < 0.5;
    let relief = |x: f32, y: f32| {
        let at = |dx: f32, dy: f32| folds.at(x + dx, y + dy);
        // Folds are lit from the upper left.
        let slope = at(7.0, 7.0) - at(-7.0, -7.0);
        let slow =
            0.10 * (noise(x / 170.0, y / 230.0) - 0.5) + 0.05 * (noise(x / 62.0 + 40.0, y / 88.0) - 0.5);
        let from_middle = (x - MIDDLE) / 430.0;
        1.0 - 0.10 * from_middle * from_middle - 0.03 * from_middle - 0.44 * slope + slow
    };
    let knit = |x: f32, y: f32| {
        1.0 + 0.030 * (noise(x / 1.2, y / 2.6) - 0.5) + 0.02 * (noise(x / 2.8, y / 1.1) - 0.5)
    };
    let light = |x: f32, y: f32| {
        let relief = relief(x, y);
        // On dark cloth the same folds show less by shade than by sheen.
        if is_dark { 1.0 + (relief - 1.0) * 1.7 } else { relief }
    };
    studio.fill(&whole, |x, y| lit(cloth, light(x, y) * knit(x, y)));
    if is_dark {
        studio.fill(&whole, |x, y| {
            let gleam = 0.045 * smooth(0.96, 1.10, relief(x, y)) + 0.012;
            let base = lit(cloth, light(x, y) * knit(x, y));
            base.map(|c| c + gleam)
        });
    }
    seams(&mut studio, is_dark);

    print(&mut studio, sheet, &light, &knit);

    studio.fill(&back, |x, y| {
        let shade = 0.74 - 0.16 * (1.0 - smooth(112.0, 178.0, y));
        lit(if is_dark { cloth.map(|c| c + 0.03) } else { cloth }, shade * knit(x, y))
    });
    let inside = Shape::within(neck_front()).blurred(7.0);
    studio.shadow_of(&inside.and(&back), (0.0, 0.0), 0.20);
    collar(&mut studio, cloth, is_dark);
    studio
}

fn print(
    studio: &mut Studio,
    sheet: &Sheet,
    light: &impl Fn(f32, f32) -> f32,
    knit: &impl Fn(f32, f32) -> f32,
) {
    let width = 372.0;
    let height = width / sheet.ratio();
    let place = Rect { left: MIDDLE - width / 2.0, top: 306.0, width, height };
    studio.touch(place.grown(3.0), |x, y, pixel| {
        // Cloth is never straight.
        let sway = 2.2 * (noise(x / 130.0, y / 120.0) - 0.5);
        let rise = 2.2 * (noise(x / 110.0 + 50.0, y / 140.0) - 0.5);
        let covered = place.covers(x + sway, y + rise);
        if covered <= 0.0 {
            return;
        }
        let (across, down) = ((x + sway - place.left) / place.width, (y + rise - place.top) / place.height);
        let colour = sheet.at(across.clamp(0.0, 1.0), down.clamp(0.0, 1.0));
        // Ink soaks in: a little of the cloth comes through, and its knit does.
        let grip = 0.955 - 0.10 * (noise(x / 1.3, y / 1.7) - 0.5);
        let inked = lit(colour, (0.985 + 0.9 * (light(x, y) - 1.0)) * knit(x, y));
        *pixel = mix(*pixel, inked, covered * grip);
    });
}

/// As it lies there: from the left of the neck over sleeve, hem and sleeve to its right.
fn outline() -> Option<Path> {
    let mut path = PathBuilder::new();
    let m = |x: f32| 2.0 * MIDDLE - x;
    path.move_to(478.0, 116.0);
    path.cubic_to(420.0, 138.0, 352.0, 158.0, 300.0, 186.0);
    path.cubic_to(236.0, 222.0, 196.0, 318.0, 132.0, 452.0);
    path.cubic_to(128.0, 462.0, 130.0, 468.0, 138.0, 473.0);
    path.cubic_to(180.0, 500.0, 232.0, 524.0, 274.0, 538.0);
    path.cubic_to(282.0, 540.0, 287.0, 537.0, 290.0, 529.0);
    path.cubic_to(300.0, 496.0, 314.0, 462.0, 330.0, 428.0);
    path.cubic_to(338.0, 540.0, 336.0, 660.0, 330.0, 800.0);
    path.cubic_to(326.0, 900.0, 322.0, 1000.0, 320.0, 1084.0);
    path.cubic_to(320.0, 1094.0, 324.0, 1099.0, 334.0, 1101.0);
    path.cubic_to(420.0, 1116.0, 520.0, 1121.0, 600.0, 1121.0);
    path.cubic_to(m(520.0), 1121.0, m(420.0), 1116.0, m(334.0), 1101.0);
    path.cubic_to(m(324.0), 1099.0, m(320.0), 1094.0, m(320.0), 1084.0);
    path.cubic_to(m(322.0), 1000.0, m(328.0), 900.0, m(330.0), 800.0);
    path.cubic_to(m(337.0), 660.0, m(338.0), 540.0, m(330.0), 428.0);
    path.cubic_to(m(314.0), 462.0, m(300.0), 496.0, m(290.0), 529.0);
    path.cubic_to(m(287.0), 537.0, m(282.0), 540.0, m(274.0), 538.0);
    path.cubic_to(m(232.0), 524.0, m(180.0), 500.0, m(138.0), 473.0);
    path.cubic_to(m(130.0), 468.0, m(128.0), 462.0, m(132.0), 452.0);
    path.cubic_to(m(196.0), 318.0, m(236.0), 222.0, m(300.0), 186.0);
    path.cubic_to(m(352.0), 158.0, m(420.0), 138.0, m(478.0), 116.0);
    path.cubic_to(690.0, 132.0, 650.0, 138.0, 600.0, 138.0);
    path.cubic_to(550.0, 138.0, 510.0, 132.0, 478.0, 116.0);
    path.close();
    path.finish()
}

/// What one sees of the back of the neck.
fn neck_back() -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(480.0, 114.0);
    path.cubic_to(520.0, 130.0, 560.0, 134.0, 600.0, 134.0);
    path.cubic_to(640.0, 134.0, 680.0, 130.0, 720.0, 114.0);
    path.cubic_to(712.0, 176.0, 660.0, 212.0, 600.0, 212.0);
    path.cubic_to(540.0, 212.0, 488.0, 176.0, 480.0, 114.0);
    path.close();
    path.finish()
}

/// The line of the front's neck.
fn neck_front() -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(480.0, 114.0);
    path.cubic_to(488.0, 176.0, 540.0, 212.0, 600.0, 212.0);
    path.cubic_to(660.0, 212.0, 712.0, 176.0, 720.0, 114.0);
    path.finish()
}

/// The ribbed band around the neck, at the back and at the front.
fn collar(studio: &mut Studio, cloth: Colour, is_dark: bool) {
    let mut behind = PathBuilder::new();
    behind.move_to(486.0, 119.0);
    behind.cubic_to(524.0, 135.0, 562.0, 140.0, 600.0, 140.0);
    behind.cubic_to(638.0, 140.0, 676.0, 135.0, 714.0, 119.0);
    let lift = if is_dark { 0.035 } else { 0.0 };
    for (path, tone, width) in [(behind.finish(), 0.80, 20.0), (neck_front(), 1.0, 25.0)] {
        let band = Shape::along(path.clone(), width);
        studio.shadow_of(&Shape::along(path.clone(), width).blurred(4.0), (2.0, 4.0), 0.22);
        let middle = Shape::along(path, width * 0.6).blurred(6.0);
        studio.fill(&band, |x, y| {
            let turn = (y - 40.0).atan2(x - MIDDLE);
            let rib = 1.0 + 0.05 * (turn * 210.0).sin();
            let round = 0.88 + 0.14 * middle.at(x, y);
            lit(cloth, tone * rib * round).map(|c| c + lift * rib)
        });
    }
}

/// Stitches and the seams of the sleeves.
fn seams(studio: &mut Studio, is_dark: bool) {
    for mirrored in [false, true] {
        let m = |x: f32| if mirrored { 2.0 * MIDDLE - x } else { x };
        let mut sleeve = PathBuilder::new();
        sleeve.move_to(m(352.0), 162.0);
        sleeve.cubic_to(m(344.0), 240.0, m(352.0), 330.0, m(331.0), 430.0);
        let mut stitches = PathBuilder::new();
        stitches.move_to(m(147.0), 430.0);
        stitches.cubic_to(m(190.0), 458.0, m(240.0), 482.0, m(298.0), 504.0);
        let shade = if is_dark { 0.42 } else { 0.16 };
        studio.shadow_of(&Shape::along(sleeve.finish(), 3.0).blurred(1.5), (1.0, 1.0), shade);
        studio.shadow_of(&Shape::along(stitches.finish(), 1.6), (0.0, 0.0), shade);
    }
    let mut hem = PathBuilder::new();
    hem.move_to(322.0, 1076.0);
    hem.cubic_to(420.0, 1091.0, 520.0, 1096.0, 600.0, 1096.0);
    hem.cubic_to(680.0, 1096.0, 780.0, 1091.0, 878.0, 1076.0);
    studio.shadow_of(&Shape::along(hem.finish(), 1.6), (0.0, 0.0), if is_dark { 0.42 } else { 0.16 });
}

/// Where the cloth is raised: soft ridges from the arms to the middle and towards the hem.
fn folds() -> Shape {
    let ridges: [[(f32, f32); 3]; 10] = [
        [(338.0, 452.0), (410.0, 520.0), (452.0, 640.0)],
        [(862.0, 448.0), (800.0, 505.0), (764.0, 560.0)],
        [(336.0, 590.0), (420.0, 700.0), (560.0, 760.0)],
        [(866.0, 640.0), (800.0, 760.0), (690.0, 830.0)],
        [(352.0, 1070.0), (392.0, 950.0), (470.0, 880.0)],
        [(470.0, 1104.0), (520.0, 1010.0), (612.0, 950.0)],
        [(752.0, 1098.0), (720.0, 980.0), (742.0, 900.0)],
        [(846.0, 1060.0), (830.0, 960.0), (852.0, 820.0)],
        [(262.0, 280.0), (262.0, 380.0), (206.0, 480.0)],
        [(948.0, 262.0), (930.0, 380.0), (1000.0, 470.0)],
    ];
    let mut path = PathBuilder::new();
    for [from, bend, to] in ridges {
        path.move_to(from.0, from.1);
        path.quad_to(bend.0, bend.1, to.0, to.1);
    }
    Shape::along(path.finish(), 17.0).blurred(19.0)
}
