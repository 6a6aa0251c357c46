//! JPEG (ITU-T T.81). A first look at its segments says how much memory it takes to decode, and whether its end came.

use image::metadata::Orientation;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{
    buffer,
    opening::{DECODED_MAX, Opened, SIDE_MAX, Unfit, check},
    shrinking::Pixels,
};

/// Most passes over the picture: cameras make one, programs ten or so, and each takes its time.
const SCANS_MAX: usize = 24;
/// The marker of a picture's end (T.81 B.1.1.3).
const END: [u8; 2] = [0xff, 0xd9];

pub fn open(bytes: &[u8]) -> Result<Opened, Unfit> {
    let frame = Frame::find(bytes)?;
    check(frame.width.into(), frame.height.into())?;
    if frame.memory() > DECODED_MAX {
        return Err(Unfit::Heavy);
    }
    let broken = |_| Unfit::Broken;
    let longest = usize::try_from(SIDE_MAX).map_err(|_| Unfit::Broken)?;
    let colours = if frame.components.len() == 1 { ColorSpace::Luma } else { ColorSpace::RGB };
    let options = DecoderOptions::default()
        // Cameras leave bytes between segments that the standard does not know.
        .set_strict_mode(false)
        .set_max_width(longest)
        .set_max_height(longest)
        .jpeg_set_max_scans(SCANS_MAX)
        .jpeg_set_out_colorspace(colours);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(broken)?;
    let exif = decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
    let size = decoder.output_buffer_size().ok_or(Unfit::Broken)?;
    if u64::try_from(size).map_or(true, |size| size > DECODED_MAX) {
        return Err(Unfit::Heavy);
    }
    let mut pixels = buffer(size);
    pixels.resize(size, 0);
    decoder.decode_into(&mut pixels).map_err(broken)?;
    let pixels = Pixels::new(pixels, frame.width.into(), colours.num_components());
    Ok(Opened { pixels, orientation: exif.unwrap_or(Orientation::NoTransforms) })
}

/// What the segments before the first scan say.
struct Frame {
    width: u16,
    height: u16,
    /// How often each is sampled across and down, in each unit.
    components: Vec<(u8, u8)>,
    /// Whether decoding keeps every coefficient until the last scan: progressive, or one component after the other.
    is_kept: bool,
}

impl Frame {
    fn find(bytes: &[u8]) -> Result<Self, Unfit> {
        let mut frame: Option<Self> = None;
        // After the mark of its beginning.
        let mut rest = bytes.get(2..).unwrap_or_default();
        loop {
            let [0xff, marker, after @ ..] = rest else { return Err(Unfit::Broken) };
            if *marker == 0xff {
                // Any number of them may stand before a marker.
                rest = &rest[1..];
                continue;
            }
            let [high, low, ..] = after else { return Err(Unfit::Broken) };
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let segment = after.get(2..length).ok_or(Unfit::Broken)?;
            match marker {
                0xc0..=0xc2 if frame.is_none() => frame = Some(Self::read(segment, *marker == 0xc2)?),
                // A second one, a lossless one or one in arithmetic coding.
                0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => return Err(Unfit::Broken),
                0xda => {
                    let mut frame = frame.ok_or(Unfit::Broken)?;
                    let of_scan = segment.first().copied().map_or(0, usize::from);
                    frame.is_kept |= of_scan != frame.components.len();
                    // Within a scan every FF is followed by a zero, so that this is the end and nothing else.
                    let has_end = after[length..].windows(2).any(|pair| pair == END);
                    return if has_end { Ok(frame) } else { Err(Unfit::Broken) };
                }
                _ => {}
            }
            rest = &after[length..];
        }
    }

    /// T.81 B.2.2.
    fn read(segment: &[u8], is_progressive: bool) -> Result<Self, Unfit> {
        let [_, h1, h2, w1, w2, _, components @ ..] = segment else { return Err(Unfit::Broken) };
        let components = components.chunks_exact(3).map(|component| (component[1] >> 4, component[1] & 15));
        let components: Vec<_> = components.collect();
        let sane = |(across, down): &(u8, u8)| matches!(across, 1..=4) && matches!(down, 1..=4);
        if !matches!(components.len(), 1 | 3 | 4) || !components.iter().all(sane) {
            return Err(Unfit::Broken);
        }
        Ok(Self {
            width: u16::from_be_bytes([*w1, *w2]),
            height: u16::from_be_bytes([*h1, *h2]),
            components,
            is_kept: is_progressive,
        })
    }

    /// Bytes that decoding takes: the pixels, and two for each coefficient that is kept.
    fn memory(&self) -> u64 {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let out = if self.components.len() == 1 { pixels } else { pixels * 3 };
        if !self.is_kept {
            return out;
        }
        let samples = |(across, down): &(u8, u8)| u64::from(*across) * u64::from(*down);
        let all: u64 = self.components.iter().map(samples).sum();
        let widest = self.components.iter().map(|(across, _)| u64::from(*across)).max().unwrap_or(1);
        let tallest = self.components.iter().map(|(_, down)| u64::from(*down)).max().unwrap_or(1);
        // A single component is decoded as if its factors were one, but room is made as if they were not.
        let unit = if self.components.len() == 1 { 1 } else { widest * tallest };
        out + 2 * pixels * all / unit
    }
}
