//! A sheet of paper on the wall.

use super::{
    rooms,
    studio::{Rect, Sheet, Studio, lit, noise, smooth},
};

/// Draws it.
pub fn draw(sheet: &Sheet, place: Rect) -> Studio {
    let mut studio = rooms::wall();
    // Paper stands off a little where nothing holds it: its shadow is longer below.
    studio.shadow(place.moved(9.0, 15.0), 17.0, 0.26);
    studio.shadow(place.moved(2.5, 4.0), 3.6, 0.34);
    studio.paint(place.grown(1.0), |x, y| {
        let (across, down) = ((x - place.left) / place.width, (y - place.top) / place.height);
        let colour = sheet.at(across.clamp(0.0, 1.0), down.clamp(0.0, 1.0));
        // It bends towards the room at its lower edge, and no paper is quite even.
        let bend = 1.0 + 0.035 * smooth(0.0, 0.03, 1.0 - down) - 0.035 + 0.03 * smooth(0.35, 0.0, across)
            - 0.03 * smooth(0.7, 1.0, across);
        let paper = 1.0 + 0.012 * (noise(x / 260.0, y / 310.0) - 0.5);
        Some((lit(colour, bend * paper), place.covers(x, y)))
    });
    // The cut edge of heavy paper catches the light.
    for (edge, by) in [
        (Rect { height: 1.4, ..place }, 0.55),
        (Rect { width: 1.2, ..place }, 0.40),
        (Rect { top: place.bottom() - 1.2, height: 1.2, ..place }, 0.22),
    ] {
        studio.paint(edge.grown(1.0), |x, y| Some(([0.99, 0.985, 0.97], by * edge.covers(x, y))));
    }
    rooms::sunlight(&mut studio);
    rooms::sideboard(&mut studio);
    studio
}
