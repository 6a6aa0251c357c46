//! A print behind acrylic in a frame of solid wood.

use super::{
    rooms,
    studio::{Colour, Rect, Sheet, Studio, lit, noise, smooth},
};

/// Draws it. `scale` is how many pixels a millimetre has.
pub fn draw(sheet: &Sheet, place: Rect, scale: f32, finish: &str) -> Studio {
    let rail = (20.0 * scale).clamp(17.0, 34.0);
    let outer = place.grown(rail);
    let mut studio = rooms::wall();
    studio.shadow(outer.moved(20.0, 32.0), 30.0, 0.36);
    studio.shadow(outer.moved(7.0, 10.0), 8.0, 0.36);
    studio.shadow(outer.moved(1.5, 2.0), 2.0, 0.45);
    studio.paint(place, |x, y| {
        let (across, down) = ((x - place.left) / place.width, (y - place.top) / place.height);
        // The rail throws a shadow onto the paper, from above and from the left.
        let under = 1.0
            - 0.34 * (1.0 - smooth(0.0, 11.0, y - place.top))
            - 0.24 * (1.0 - smooth(0.0, 9.0, x - place.left));
        Some((lit(sheet.at(across, down), under), 1.0))
    });
    acrylic(&mut studio, place);
    rails(&mut studio, outer, rail, wood(finish));
    rooms::sunlight(&mut studio);
    rooms::sideboard(&mut studio);
    studio
}

/// What the room is mirrored as: a broad, faint stripe.
fn acrylic(studio: &mut Studio, place: Rect) {
    studio.touch(place, |x, y, pixel| {
        let at = (x - place.left) * 0.8 + (y - place.top) * 0.55;
        let long = place.width * 0.8 + place.height * 0.55;
        let stripe = |from: f32, to: f32| {
            smooth(from * long, (from + 0.012) * long, at)
                * (1.0 - smooth((to - 0.012) * long, to * long, at))
        };
        let mirrored = 0.045 * stripe(0.24, 0.43) + 0.028 * stripe(0.47, 0.52);
        *pixel = pixel.map(|c| c + (1.0 - c) * mirrored);
    });
}

/// A colour, and how much its grain shows.
fn wood(finish: &str) -> (Colour, f32) {
    match finish {
        "oak" => ([0.765, 0.605, 0.43], 1.0),
        "white" => ([0.945, 0.94, 0.925], 0.12),
        _ => ([0.125, 0.12, 0.118], 0.55),
    }
}

fn rails(studio: &mut Studio, outer: Rect, rail: f32, (colour, grain): (Colour, f32)) {
    studio.paint(outer.grown(1.0), |x, y| {
        let (from_left, from_top) = (x - outer.left, y - outer.top);
        let (from_right, from_bottom) = (outer.right() - x, outer.bottom() - y);
        let depth = from_left.min(from_top).min(from_right).min(from_bottom);
        let amount = outer.covers(x, y) * (rail + 0.5 - depth).clamp(0.0, 1.0);
        if amount <= 0.0 {
            return None;
        }
        // Cut at the corners to half a right angle; each rail has its own light and its own grain.
        let upright = from_left.min(from_right) < from_top.min(from_bottom);
        let (along, over) =
            if upright { (y, from_left.min(from_right)) } else { (x, from_top.min(from_bottom)) };
        let light = match (upright, from_left < from_right, from_top < from_bottom) {
            (true, true, _) => 1.03,
            (true, false, _) => 0.90,
            (false, _, true) => 1.08,
            (false, _, false) => 0.84,
        };
        let number = if upright {
            if from_left < from_right { 0.0 } else { 60.0 }
        } else if from_top < from_bottom {
            120.0
        } else {
            180.0
        };
        let lines = 0.13 * (noise(along / 95.0, over / 3.4 + number) - 0.5)
            + 0.08 * (noise(along / 30.0, over / 1.3 + number) - 0.5);
        // Rounded to the outside, and a step to the glass.
        let outside = 0.93 + 0.07 * smooth(0.0, 3.5, over) + 0.05 * (1.0 - smooth(1.0, 5.0, over));
        let inside = 1.0 - 0.22 * smooth(rail - 3.2, rail - 0.4, over);
        let corner = (from_left.min(from_right) - from_top.min(from_bottom)).abs();
        let mitre = 1.0 - 0.22 * (1.0 - smooth(0.3, 1.3, corner));
        let sheen = 0.02 * smooth(0.55, 0.35, (over / rail - 0.35).abs());
        Some((
            lit(colour, light * outside * inside * mitre * (1.0 + grain * lines))
                .map(|c| (c + sheen).min(1.0)),
            amount,
        ))
    });
}
