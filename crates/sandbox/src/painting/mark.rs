//! The word SANDBOX in a corner, so that no picture of the stand-in is ever taken for a paid one.

use image::RgbImage;

/// Five columns and seven rows a letter; the highest bit is the left column.
const LETTERS: [[u8; 7]; 7] = [
    [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
    [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
    [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001],
    [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
    [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110],
    [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
    [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001],
];
const ADVANCE: u32 = 8;

pub(super) fn stamp(canvas: &mut RgbImage) {
    let (width, height) = canvas.dimensions();
    let dot = (width.min(height) / 500).max(1);
    let margin = width.min(height) / 32;
    let left = width - margin - (7 * ADVANCE - 3) * dot;
    let top = height - margin - 7 * dot;
    for (letter, rows) in (0u32..).zip(LETTERS) {
        for (row, bits) in (0u32..).zip(rows) {
            for column in (0..5).filter(|column| bits >> (4 - column) & 1 == 1) {
                let (x, y) = (left + (letter * ADVANCE + column) * dot, top + row * dot);
                // A shadow first: the word must be read on snow too.
                blend(canvas, x + dot / 2 + 1, y + dot / 2 + 1, dot, 0.0, 0.18);
                blend(canvas, x, y, dot, 255.0, 0.62);
            }
        }
    }
}

fn blend(canvas: &mut RgbImage, left: u32, top: u32, dot: u32, tone: f32, amount: f32) {
    for y in top..top + dot {
        for x in left..left + dot {
            if let Some(pixel) = canvas.get_pixel_mut_checked(x, y) {
                pixel.0 = pixel.0.map(|c| (f32::from(c) + (tone - f32::from(c)) * amount) as u8);
            }
        }
    }
}
