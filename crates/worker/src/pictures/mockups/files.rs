//! A file: the picture lies on a desk with a tag that says that it comes by wire.

use tiny_skia::PathBuilder;

use super::studio::{Colour, Rect, Shape, Sheet, Studio, lit, noise, smooth};

/// The longest side of the picture.
const LONG: f32 = 860.0;

/// Draws it.
pub fn draw(sheet: &Sheet) -> Studio {
    let mut studio = Studio::new(|x, y| {
        let (dx, dy) = ((x - 360.0) / 1250.0, (y - 220.0) / 1250.0);
        let slate: Colour = [0.60, 0.635, 0.64];
        lit(slate, (1.10 - 0.22 * (dx * dx + dy * dy)) * (1.0 + 0.012 * (noise(x / 2.0, y / 2.0) - 0.5)))
    });
    let ratio = sheet.ratio();
    let (width, height) = if ratio > 1.0 { (LONG, LONG / ratio) } else { (LONG * ratio, LONG) };
    let place = Rect::around((600.0, 575.0), width, height);
    let card = place.grown(16.0);
    studio.shadow(card.moved(16.0, 30.0), 30.0, 0.34);
    studio.shadow(card.moved(4.0, 8.0), 7.0, 0.30);
    studio.paint(card.grown(1.0), |x, y| Some(([0.985, 0.98, 0.97], card.covers(x, y))));
    studio.paint(place, |x, y| {
        let (across, down) = ((x - place.left) / place.width, (y - place.top) / place.height);
        Some((sheet.at(across, down), place.covers(x, y)))
    });
    tag(&mut studio, (place.right() - 6.0, place.bottom() - 8.0));
    studio
}

/// A paper tag with an arrow into a tray, tied to the corner.
fn tag(studio: &mut Studio, (x, y): (f32, f32)) {
    let (x, y) = (x.min(1040.0), y.min(1040.0));
    // Along the tag, and across it, turned by 20°.
    let (along, across) = ((0.939_7, 0.342_0), (-0.342_0, 0.939_7));
    let at = |a: f32, b: f32| (x + along.0 * a + across.0 * b - 128.0, y + along.1 * a + across.1 * b - 52.0);
    let outline = || {
        let mut path = PathBuilder::new();
        for (number, (a, b)) in
            [(-42.0, -22.0), (-8.0, -58.0), (170.0, -58.0), (170.0, 58.0), (-8.0, 58.0), (-42.0, 22.0)]
                .into_iter()
                .enumerate()
        {
            let (px, py) = at(a, b);
            if number == 0 { path.move_to(px, py) } else { path.line_to(px, py) }
        }
        path.close();
        path.finish()
    };
    studio.shadow_of(&Shape::within(outline()).blurred(11.0), (6.0, 12.0), 0.42);
    studio.shadow_of(&Shape::within(outline()).blurred(2.5), (1.5, 2.5), 0.35);
    studio.fill(&Shape::within(outline()), |px, py| {
        let paper =
            1.0 + 0.05 * (noise(px / 1.8, py / 1.8) - 0.5) + 0.03 * (noise(px / 22.0, py / 9.0) - 0.5);
        lit([0.93, 0.87, 0.77], paper * (1.03 - 0.05 * smooth(y - 80.0, y + 90.0, py)))
    });
    let line = |points: &[(f32, f32)]| {
        let mut path = PathBuilder::new();
        for (number, (a, b)) in points.iter().enumerate() {
            let (px, py) = at(*a, *b);
            if number == 0 { path.move_to(px, py) } else { path.line_to(px, py) }
        }
        path.finish()
    };
    let ink: Colour = [0.30, 0.22, 0.17];
    for points in [
        &[(88.0, -36.0), (88.0, 14.0)][..],
        &[(66.0, -7.0), (88.0, 15.0), (110.0, -7.0)][..],
        &[(50.0, 10.0), (50.0, 34.0), (126.0, 34.0), (126.0, 10.0)][..],
    ] {
        studio.fill(&Shape::along(line(points), 7.5), |_, _| ink);
    }
    let (hole_x, hole_y) = at(-16.0, 0.0);
    let mut hole = PathBuilder::new();
    hole.push_circle(hole_x, hole_y, 9.0);
    studio.fill(&Shape::within(hole.finish()), |_, _| [0.36, 0.30, 0.26]);
    let mut string = PathBuilder::new();
    let (from_x, from_y) = at(-16.0, 0.0);
    let (to_x, to_y) = at(-150.0, -64.0);
    string.move_to(from_x, from_y);
    string.cubic_to(from_x - 30.0, from_y + 24.0, to_x + 10.0, to_y + 44.0, to_x, to_y);
    let path = string.finish();
    studio.shadow_of(&Shape::along(path.clone(), 3.0).blurred(2.0), (2.0, 4.0), 0.35);
    studio.fill(&Shape::along(path, 2.6), |_, _| [0.86, 0.80, 0.70]);
}
