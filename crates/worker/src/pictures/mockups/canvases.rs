//! Canvas over a wooden frame, seen a little from the side, so that its edge shows how the picture goes on there.

use super::{
    rooms,
    studio::{ALL, Rect, Shape, Sheet, Studio, lit, noise, smooth},
};

/// How far it is turned, as sine and cosine of 24°.
const TURN: (f32, f32) = (0.406_7, 0.913_5);
/// How far the eye is away, in pixels.
const EYE: f32 = 2600.0;

/// Draws it. `scale` is how many pixels a millimetre has; it is 20 mm deep, and
/// drawn a little deeper, as one sees it from near.
pub fn draw(sheet: &Sheet, place: Rect, scale: f32) -> Studio {
    let mut studio = rooms::wall();
    let depth = (20.0 * scale * 1.6).clamp(54.0, 70.0);
    let (half_w, half_h) = (place.width / 2.0, place.height / 2.0);
    let (cx, cy) = (place.left + half_w + depth * 0.2, place.top + half_h);
    // Across and down from the middle of the wall, and out of it.
    let project = |x: f32, y: f32, z: f32| {
        let (right, near) = (x * TURN.1 - z * TURN.0, x * TURN.0 + z * TURN.1);
        let by = EYE / (EYE - near);
        (cx + right * by, cy + y * by)
    };
    let quad = |corners: [(f32, f32); 4]| {
        let mut path = tiny_skia::PathBuilder::new();
        for (number, (x, y)) in corners.into_iter().enumerate() {
            if number == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        path.close();
        path.finish()
    };
    let front = [(-half_w, -half_h), (half_w, -half_h), (half_w, half_h), (-half_w, half_h)]
        .map(|(x, y)| project(x, y, depth));
    // The eye is to the right: that is the edge that it sees.
    let edge = [
        project(half_w, -half_h, depth),
        project(half_w, -half_h, 0.0),
        project(half_w, half_h, 0.0),
        project(half_w, half_h, depth),
    ];
    let behind = [(-half_w, -half_h), (half_w, -half_h), (half_w, half_h), (-half_w, half_h)]
        .map(|(x, y)| project(x, y, 0.0));
    for (softness, offset, strength) in
        [(30.0, (26.0, 34.0), 0.40), (9.0, (10.0, 12.0), 0.36), (3.0, (2.0, 3.0), 0.30)]
    {
        studio.shadow_of(&Shape::within(quad(behind)).blurred(softness), offset, strength);
    }
    let unturn = |px: f32, py: f32| {
        // The line from the eye through a pixel, to where it meets the front: right = u·cos − depth·sin, near = u·sin + depth·cos.
        let along = (px - cx) / EYE;
        let u = (along * (EYE - depth * TURN.1) + depth * TURN.0) / (TURN.1 + along * TURN.0);
        let by = EYE / (EYE - u * TURN.0 - depth * TURN.1);
        (u, (py - cy) / by)
    };
    let unturn_edge = |px: f32, py: f32| {
        // The same for the edge, where x is half the width and z is looked for.
        let along = (px - cx) / EYE;
        let z = (half_w * TURN.1 - along * (EYE - half_w * TURN.0)) / (TURN.0 - along * TURN.1);
        let by = EYE / (EYE - half_w * TURN.0 - z * TURN.1);
        (z, (py - cy) / by)
    };
    let weave = |x: f32, y: f32| {
        1.0 + 0.022 * ((x * 2.1).sin() * (y * 2.1).sin())
            + 0.03 * (noise(x / 1.7, y / 1.7) - 0.5)
            + 0.012 * (noise(x / 90.0, y / 90.0) - 0.5)
    };
    studio.fill(&Shape::within(quad(edge)), |px, py| {
        let (z, y) = unturn_edge(px, py);
        let inward = (depth - z) / (2.0 * half_w);
        // It goes on as its own mirror image, and lies in shade.
        lit(
            sheet.at(1.0 + inward, (y + half_h) / (2.0 * half_h)),
            (0.72 - 0.14 * smooth(depth, 0.0, z)) * weave(z, y),
        )
    });
    studio.fill(&Shape::within(quad(front)), |px, py| {
        let (x, y) = unturn(px, py);
        let (across, down) = ((x + half_w) / (2.0 * half_w), (y + half_h) / (2.0 * half_h));
        // Stretched around the wood, so rounded by a hair.
        let rim = half_w - x.abs();
        let rim = rim.min(half_h - y.abs());
        let round = 1.0 + 0.10 * (1.0 - smooth(0.0, 3.0, rim)) * if x < 0.0 || y < 0.0 { 1.0 } else { -1.0 };
        lit(sheet.at(across.clamp(0.0, 1.0), down.clamp(0.0, 1.0)), 1.01 * round * weave(x, y))
    });
    rooms::sunlight(&mut studio);
    // Darker towards the floor, as there is no sideboard at this angle.
    studio.touch(ALL, |_, y, pixel| *pixel = lit(*pixel, 1.0 - 0.10 * smooth(760.0, 1200.0, y)));
    studio
}
