//! The painter behind the pictures API: no model, but a picture that depends on the prompt and would not look out of
//! place on a wall.
//!
//! The words choose scene, colours and hand; a hash of the prompt and the picture's number chooses the rest, so that
//! the same prompt gives the same bytes. The underpainting is done at a fraction of the size and only the brush works
//! at full size, because a test that draws two hundred pictures should not take minutes.

// Pixels are counted in integers and painted in floats; every cast between them is of a size that a canvas has.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::many_single_char_names
)]

mod brush;
mod easel;
mod encode;
mod field;
mod finish;
mod mark;
mod noise;
mod palette;
mod scenes;
mod subject;

use std::sync::Arc;

use image::RgbImage;
use image::imageops::FilterType;
use sha2::{Digest, Sha256};

pub(crate) use easel::Easel;
pub(crate) use encode::Format;

use field::{Color, Field};
use noise::Dice;
use subject::{Hand, Subject};

/// What to paint.
pub(crate) struct Commission {
    pub prompt: String,
    pub width: u32,
    pub height: u32,
    pub transparent: bool,
    pub format: Format,
    /// Quality in percent, for JPEG.
    pub compression: u8,
    /// A picture to paint over.
    pub source: Option<Arc<RgbImage>>,
}

impl Commission {
    /// The picture of that number, encoded.
    pub fn execute(&self, index: u64) -> anyhow::Result<Vec<u8>> {
        encode::encode(self.paint(index), self.transparent, self.format, self.compression)
    }

    fn paint(&self, index: u64) -> RgbImage {
        let mut dice = Dice::new(self.seed(index));
        let mut subject = Subject::of(&self.prompt, &mut dice);
        let (width, height) = (self.width as usize, self.height as usize);
        // At most about 512 pixels along the shorter edge: finer detail is the brush's.
        let reduction = (width.min(height) / 512).max(2);
        let mut field = Field::new(width.div_ceil(reduction), height.div_ceil(reduction));
        if let Some(source) = &self.source {
            trace(&mut field, source, &subject);
            subject.hand = Hand::Oil;
        } else {
            scenes::paint(&mut field, &subject, &mut dice);
        }
        let mut canvas = finish::enlarge(&field, self.width, self.height);
        let seed = dice.roll();
        if subject.hand == Hand::Oil {
            brush::strokes(&mut canvas, &field, &mut dice);
        }
        finish::finish(&mut canvas, subject.hand, seed as u32);
        mark::stamp(&mut canvas);
        canvas
    }

    fn seed(&self, index: u64) -> u64 {
        let mut hash = Sha256::new();
        hash.update(self.prompt.trim());
        hash.update(index.to_le_bytes());
        if let Some(source) = &self.source {
            hash.update(source.as_raw());
        }
        let [a, b, c, d, e, f, g, h, ..]: [u8; 32] = hash.finalize().into();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Lays a picture down as the underpainting, its shadows and lights drawn towards the subject's colours.
fn trace(field: &mut Field, source: &Arc<RgbImage>, subject: &Subject) {
    let (width, height) = (field.width as u32, field.height as u32);
    let source = image::DynamicImage::ImageRgb8(RgbImage::clone(source));
    let fitted = source.resize_to_fill(width, height, FilterType::Triangle).into_rgb8();
    for (pixel, source) in field.pixels.iter_mut().zip(fitted.pixels()) {
        let color = Color(source.0.map(|c| f32::from(c) / 255.0));
        let tone = color.luminance();
        let toned =
            subject.palette.near.mix(subject.palette.glow, tone * 1.1).mix(subject.palette.light, tone - 0.6);
        *pixel = color.mix(toned, 0.4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commission(prompt: &str, (width, height): (u32, u32)) -> Commission {
        Commission {
            prompt: prompt.to_owned(),
            width,
            height,
            transparent: false,
            format: Format::Png,
            compression: 100,
            source: None,
        }
    }

    #[test]
    fn every_scene_is_painted_at_every_shape() {
        let prompts = [
            "alps in winter, oil",
            "desert, oil",
            "a forest, print",
            "a boat at sea",
            "a town at night",
            "roses",
            "a galaxy",
            "abstract",
            "minimal shapes",
            "",
            "\u{0}\u{1F98A} \u{05E9}\u{05DC}",
        ];
        let shapes = [(816, 816), (480, 1440), (1440, 480)];
        for (prompt, shape) in prompts.into_iter().zip(shapes.into_iter().cycle()) {
            let picture = commission(prompt, shape).paint(0);
            assert_eq!(picture.dimensions(), shape);
            let tones: Vec<u8> = picture.pixels().step_by(97).map(|pixel| pixel.0[1]).collect();
            let (least, most) = (tones.iter().min(), tones.iter().max());
            assert!(most.zip(least).is_some_and(|(most, least)| most - least > 60), "{prompt:?} is empty");
        }
    }

    #[test]
    fn a_source_shows_through() {
        let source =
            RgbImage::from_fn(64, 64, |x, _| image::Rgb(if x < 32 { [10, 10, 10] } else { [240, 240, 240] }));
        let mut over = commission("as it is", (816, 816));
        over.source = Some(Arc::new(source));
        let picture = over.paint(0);
        let tone = |x| picture.get_pixel(x, 400).0.map(u32::from).iter().sum::<u32>();
        assert!(tone(700) > tone(100) + 200, "{} and {}", tone(100), tone(700));
    }
}
