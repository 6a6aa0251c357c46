//! WebP (RFC 9649). A first look at its chunks, since the decoder believes what they say about themselves.

use std::io::Cursor;

use image::{ImageDecoder, codecs::webp::WebPDecoder, metadata::Orientation};

use super::{
    buffer,
    opening::{DECODED_MAX, Opened, Unfit, check},
    shrinking::Pixels,
};

/// Bytes that decoding takes for each pixel: four of the lossless decoder or one and a half of the lossy one, and those of the
/// picture itself; with alpha also that of its own plane, which may be a lossless picture again.
const PER_PIXEL: u64 = 8;
const PER_PIXEL_WITH_ALPHA: u64 = 12;

pub fn open(bytes: &[u8]) -> Result<Opened, Unfit> {
    let broken = |_| Unfit::Broken;
    look(bytes)?;
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(broken)?;
    if decoder.has_animation() {
        return Err(Unfit::Animated);
    }
    let (width, height) = decoder.dimensions();
    check(width, height)?;
    let channels = usize::from(decoder.color_type().channel_count());
    let per_pixel = if channels == 4 { PER_PIXEL_WITH_ALPHA } else { PER_PIXEL };
    if u64::from(width) * u64::from(height) * per_pixel > DECODED_MAX {
        return Err(Unfit::Heavy);
    }
    // One that cannot be read says nothing.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let size = usize::try_from(decoder.total_bytes()).map_err(|_| Unfit::Heavy)?;
    let mut pixels = buffer(size);
    pixels.resize(size, 0);
    decoder.read_image(&mut pixels).map_err(broken)?;
    Ok(Opened { pixels: Pixels::new(pixels, width, channels), orientation })
}

/// Every chunk must be there in full, and a picture within be as large as the canvas around it.
fn look(bytes: &[u8]) -> Result<(), Unfit> {
    let number =
        |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    let whole = number(&bytes[4..8]);
    let mut rest = bytes.get(12..whole.saturating_add(8)).ok_or(Unfit::Broken)?;
    let mut canvas: Option<(usize, usize)> = None;
    while let [a, b, c, d, l0, l1, l2, l3, after @ ..] = rest {
        let length = number(&[*l0, *l1, *l2, *l3]);
        let chunk = after.get(..length).ok_or(Unfit::Broken)?;
        let size = match [*a, *b, *c, *d] {
            // Width and height less one, in three bytes each.
            [b'V', b'P', b'8', b'X'] if length >= 10 => {
                Some((number(&chunk[4..7]) + 1, number(&chunk[7..10]) + 1))
            }
            // After the tag and the mark of a key frame, in 14 bits each.
            [b'V', b'P', b'8', b' '] if length >= 10 => {
                Some((number(&chunk[6..8]) & 0x3fff, number(&chunk[8..10]) & 0x3fff))
            }
            [b'V', b'P', b'8', b'L'] if length >= 5 => {
                let bits = number(&chunk[1..5]);
                Some(((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1))
            }
            [b'A', b'N', b'I', b'M'] => return Err(Unfit::Animated),
            [b'V', b'P', b'8', _] => return Err(Unfit::Broken),
            _ => None,
        };
        if let Some(size) = size {
            if canvas.is_some_and(|canvas| canvas != size) {
                return Err(Unfit::Broken);
            }
            canvas = Some(size);
        }
        // A chunk of odd length is followed by a byte that fills.
        rest = after.get(length + length % 2..).unwrap_or_default();
    }
    Ok(())
}
