//! PNG, row by row: whatever is packed in it, only one row of it is ever unpacked at a time.

use std::io::Cursor;

use image::metadata::Orientation;
use png::{Decoder, Limits, Reader, Transformations};

use super::{
    buffer,
    opening::{DECODED_MAX, Opened, Unfit, check},
    shrinking::{Pixels, Rows},
};

/// Memory for everything that is no pixel. Profiles and texts, which unpack to any length, are not even read.
const ASIDE_MAX: usize = 8 * 1024 * 1024;

type Pages<'b> = Reader<Cursor<&'b [u8]>>;

pub fn open(bytes: &[u8]) -> Result<Opened, Unfit> {
    let broken = |_| Unfit::Broken;
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: ASIDE_MAX });
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let header = decoder.read_header_info().map_err(broken)?;
    let (width, height) = (header.width, header.height);
    check(width, height)?;
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(broken)?;
    if reader.info().is_animated() {
        return Err(Unfit::Animated);
    }
    let exif = reader.info().exif_metadata.as_deref();
    let orientation = exif.and_then(Orientation::from_exif_chunk).unwrap_or(Orientation::NoTransforms);
    let channels = reader.output_color_type().0.samples();
    let pixels = if reader.info().interlaced {
        whole(&mut reader, width, channels)
    } else {
        by_rows(&mut reader, Rows::new(width, height, channels))
    };
    Ok(Opened { pixels: pixels?, orientation })
}

fn by_rows(reader: &mut Pages<'_>, mut rows: Rows) -> Result<Pixels, Unfit> {
    while let Some(row) = reader.next_row().map_err(|_| Unfit::Broken)? {
        rows.push(row.data())?;
    }
    rows.finish()
}

/// An interlaced one comes in seven passes over all of it.
fn whole(reader: &mut Pages<'_>, width: u32, channels: usize) -> Result<Pixels, Unfit> {
    let size =
        reader.output_buffer_size().filter(|size| u64::try_from(*size).is_ok_and(|size| size <= DECODED_MAX));
    let size = size.ok_or(Unfit::Heavy)?;
    let mut pixels = buffer(size);
    pixels.resize(size, 0);
    reader.next_frame(&mut pixels).map_err(|_| Unfit::Broken)?;
    Ok(Pixels::new(pixels, width, channels))
}
