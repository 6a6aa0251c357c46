//! From underpainting to canvas, and the last touches: paper, grain, a darker rim.

use image::{Rgb, RgbImage};

use super::field::Field;
use super::noise::{hash, noise};
use super::subject::Hand;

/// The underpainting at full size.
pub(super) fn enlarge(field: &Field, width: u32, height: u32) -> RgbImage {
    let mut canvas = RgbImage::new(width, height);
    let (sx, sy) = (field.width as f32 / width as f32, field.height as f32 / height as f32);
    for (x, y, pixel) in canvas.enumerate_pixels_mut() {
        let color = field.sample((x as f32 + 0.5) * sx - 0.5, (y as f32 + 0.5) * sy - 0.5);
        *pixel = Rgb(color.0.map(|c| (c.clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
    }
    canvas
}

pub(super) fn finish(canvas: &mut RgbImage, hand: Hand, seed: u32) {
    let (width, height) = (canvas.width() as f32, canvas.height() as f32);
    // How much the ground shows through, how fine it is, how dark the rim gets.
    let (ground, grain, rim) = match hand {
        Hand::Oil => (0.0, 1.0, 0.16),
        Hand::Print => (5.0, 3.0, 0.05),
        Hand::Watercolor => (9.0, 2.0, 0.0),
        Hand::Smooth => (0.0, 2.0, 0.18),
    };
    let scale = 420.0 / width.min(height);
    for (x, y, pixel) in canvas.enumerate_pixels_mut() {
        let (u, v) = (x as f32 / width - 0.5, y as f32 / height - 0.5);
        let dark = 1.0 - rim * (u * u + v * v) * 2.0;
        let mut offset = (hash(x as i32, y as i32, seed) - 0.5) * grain;
        if ground > 0.0 {
            offset += (noise(x as f32 * scale, y as f32 * scale, seed) - 0.5) * ground;
        }
        pixel.0 = pixel.0.map(|c| (f32::from(c) * dark + offset + 0.5) as u8);
    }
}
