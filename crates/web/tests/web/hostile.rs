//! Files that are no pictures, or pictures that want to do harm.

use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};
use image::{DynamicImage, ExtendedColorType, ImageEncoder, ImageFormat, RgbImage, Rgba, RgbaImage};

/// What is to become of a file.
pub enum Fate {
    /// Nothing is stored, and the page says this.
    Refused(&'static str),
    /// It becomes a harmless picture of these sides.
    Safe(u32, u32),
}

pub struct File {
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub fate: Fate,
}

const KIND: &str = "and this file is none of them";
const LARGE: &str = "The most that we can open are";
const HEAVY: &str = "takes a lot of memory to open";
const BROKEN: &str = "the file is damaged, or not all of it is there";
const ANIMATED: &str = "This picture moves";
/// Where the photograph with EXIF was taken, as it stands in the file.
pub const PLACE: &[u8] = b"46.9480N 7.4474E Bundesplatz";
/// What hangs on to files.
pub const PAYLOAD: &[u8] = b"<script>alert('payload')</script>";

/// Something to look at, which comes again after a few rows: to make all of a large one anew takes long.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut seed = 7_u32;
    let rows = RgbImage::from_fn(width, height.min(40), |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        image::Rgb([x.to_le_bytes()[0], y.to_le_bytes()[0], seed.to_le_bytes()[3] / 2])
    });
    let mut pixels = rows.as_raw().repeat(usize::try_from(height.div_ceil(40)).expect("small"));
    pixels.truncate(usize::try_from(width * height * 3).expect("small"));
    RgbImage::from_raw(width, height, pixels).expect("as many pixels")
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).expect("encoded");
    bytes.into_inner()
}

pub fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::ImageRgb8(noise(width, height)), ImageFormat::Png)
}

pub fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::ImageRgb8(noise(width, height)), ImageFormat::Jpeg)
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    encoded(&DynamicImage::ImageRgb8(noise(width, height)), ImageFormat::WebP)
}

fn chunk(kind: [u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(data);
    let length = u32::try_from(data.len()).expect("short").to_be_bytes();
    [&length[..], &kind, data, &crc.sum().to_be_bytes()].concat()
}

fn deflated(row: &[u8], rows: u32) -> Vec<u8> {
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    (0..rows).for_each(|_| zlib.write_all(row).expect("memory"));
    zlib.finish().expect("memory")
}

/// A PNG of these parts.
fn png_of(width: u32, height: u32, depth: u8, colour: u8, interlaced: u8, chunks: &[Vec<u8>]) -> Vec<u8> {
    let header =
        [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, colour, 0, 0, interlaced]].concat();
    let mut bytes = [b"\x89PNG\r\n\x1a\n".to_vec(), chunk(*b"IHDR", &header)].concat();
    bytes.extend(chunks.concat());
    bytes.extend(chunk(*b"IEND", b""));
    bytes
}

/// Zeroes that unpack to a picture of these sides, in so many bytes a pixel.
fn png_bomb(width: u32, height: u32, depth: u8, colour: u8, per_pixel: u32, interlaced: u8) -> Vec<u8> {
    let row = vec![0; usize::try_from(1 + width * per_pixel).expect("small")];
    png_of(width, height, depth, colour, interlaced, &[chunk(*b"IDAT", &deflated(&row, height))])
}

/// With a segment of its own after the mark of its beginning.
fn jpeg_with(jpeg: &[u8], marker: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len() + 2).expect("short").to_be_bytes();
    [&jpeg[..2], &[0xff, marker], &length, data, &jpeg[2..]].concat()
}

/// A JPEG whose frame header says other sides than it has.
fn jpeg_that_claims(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = jpeg(64, 64);
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).expect("a frame");
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// A frame header of a progressive picture without subsampling, and nothing in it.
fn progressive_bomb() -> Vec<u8> {
    let frame = [8, 0x1f, 0x40, 0x13, 0x88, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0];
    let scan = [3, 1, 0, 2, 0, 3, 0, 0, 0, 0];
    [&[0xff, 0xd8, 0xff, 0xc2, 0, 17][..], &frame, &[0xff, 0xda, 0, 12], &scan, &[0, 0, 0xff, 0xd9]].concat()
}

/// An EXIF block in which the camera lay on its side, and which knows where it was.
fn exif() -> Vec<u8> {
    let mut block = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01".to_vec();
    // Orientation (0x0112), one SHORT: 6, a quarter clockwise.
    block.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0]);
    block.extend(PLACE);
    block
}

fn cmyk() -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels: Vec<u8> = (0..128 * 96 * 4_u32).map(|at| at.to_le_bytes()[0]).collect();
    jpeg_encoder::Encoder::new(&mut bytes, 90)
        .encode(&pixels, 128, 96, jpeg_encoder::ColorType::Cmyk)
        .expect("encoded");
    bytes
}

/// A RIFF file of WebP with these chunks.
fn riff(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut body = b"WEBP".to_vec();
    for (kind, data) in chunks {
        body.extend_from_slice(*kind);
        body.extend(u32::try_from(data.len()).expect("short").to_le_bytes());
        body.extend(data);
        body.extend(vec![0; data.len() % 2]);
    }
    [&b"RIFF"[..], &u32::try_from(body.len()).expect("short").to_le_bytes(), &body].concat()
}

fn canvas(flags: u8, width: u32, height: u32) -> Vec<u8> {
    let side = |side: u32| (side - 1).to_le_bytes()[..3].to_vec();
    [vec![flags, 0, 0, 0], side(width), side(height)].concat()
}

/// The first chunk of a simple WebP file.
fn bitstream(webp: &[u8]) -> Vec<u8> {
    let length = u32::from_le_bytes(webp[16..20].try_into().expect("four bytes"));
    webp[20..20 + usize::try_from(length).expect("small")].to_vec()
}

fn animated_webp() -> Vec<u8> {
    let picture = bitstream(&webp(64, 64));
    let inner = riff(&[(b"VP8L", picture)])[12..].to_vec();
    let frame = [&[0; 6][..], &[63, 0, 0, 63, 0, 0], &[100, 0, 0, 0], &inner].concat();
    riff(&[
        (b"VP8X", canvas(0b10, 64, 64)),
        (b"ANIM", vec![0; 6]),
        (b"ANMF", frame.clone()),
        (b"ANMF", frame),
    ])
}

fn apng() -> Vec<u8> {
    let row = vec![0; 1 + 64 * 3];
    let control = [&2_u32.to_be_bytes()[..], &0_u32.to_be_bytes()].concat();
    let frame = |sequence: u32| {
        let sides = [64_u32.to_be_bytes(), 64_u32.to_be_bytes(), [0; 4], [0; 4]].concat();
        [&sequence.to_be_bytes()[..], &sides, &[0, 1, 0, 10, 0, 0]].concat()
    };
    let data = deflated(&row, 64);
    let second = [&2_u32.to_be_bytes()[..], &data].concat();
    png_of(
        64,
        64,
        8,
        2,
        0,
        &[
            chunk(*b"acTL", &control),
            chunk(*b"fcTL", &frame(0)),
            chunk(*b"IDAT", &data),
            chunk(*b"fcTL", &frame(1)),
            chunk(*b"fdAT", &second),
        ],
    )
}

fn sixteen_bits() -> Vec<u8> {
    let mut bytes = Vec::new();
    let samples: Vec<u8> = (0..96 * 80 * 4 * 2_u32).map(|at| at.to_le_bytes()[0]).collect();
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(&samples, 96, 80, ExtendedColorType::Rgba16)
        .expect("encoded");
    bytes
}

/// Pixels that name colours which the palette has not.
fn bad_palette() -> Vec<u8> {
    let row = [&[0][..], &[200; 64]].concat();
    let palette = [10, 20, 30, 40, 50, 60];
    png_of(64, 64, 8, 3, 0, &[chunk(*b"PLTE", &palette), chunk(*b"IDAT", &deflated(&row, 64))])
}

fn corrupted_png() -> Vec<u8> {
    let mut bytes = png(96, 96);
    let data = bytes.windows(4).position(|four| four == b"IDAT").expect("data");
    bytes[data + 400] ^= 0x55;
    bytes
}

/// A profile and a text that unpack to a gigabyte, beside a small picture.
fn packed_aside() -> Vec<u8> {
    let megabyte = vec![0; 1024 * 1024];
    let bomb = deflated(&megabyte, 1024);
    let row = vec![0; 1 + 64 * 3];
    png_of(
        64,
        64,
        8,
        2,
        0,
        &[
            chunk(*b"iCCP", &[b"p\0\0", &bomb[..]].concat()),
            chunk(*b"zTXt", &[b"t\0\0", &bomb[..]].concat()),
            chunk(*b"IDAT", &deflated(&row, 64)),
        ],
    )
}

/// A small canvas around a picture of the largest sides that there are.
fn large_within_small() -> Vec<u8> {
    let picture = [&[0x30, 0, 0, 0x9d, 0x01, 0x2a][..], &[0xff, 0x3f, 0xff, 0x3f], &[0; 32]].concat();
    riff(&[(b"VP8X", canvas(0, 64, 64)), (b"VP8 ", picture)])
}

/// A chunk that says it goes on for four gigabytes.
fn endless_chunk() -> Vec<u8> {
    let mut bytes = riff(&[
        (b"VP8X", canvas(0b1000, 64, 64)),
        (b"VP8L", bitstream(&webp(64, 64))),
        (b"EXIF", vec![0; 16]),
    ]);
    let exif = bytes.windows(4).position(|four| four == b"EXIF").expect("a chunk");
    bytes[exif + 4..exif + 8].copy_from_slice(&0xffff_fff0_u32.to_le_bytes());
    bytes
}

fn transparent() -> Vec<u8> {
    let picture = RgbaImage::from_fn(80, 80, |x, _| Rgba([200, 30, 30, if x < 40 { 0 } else { 255 }]));
    encoded(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)
}

fn hanging_on(mut bytes: Vec<u8>, more: &[u8]) -> Vec<u8> {
    bytes.extend_from_slice(more);
    bytes
}

fn half(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// All of them.
#[rustfmt::skip]
pub fn files() -> Vec<File> {
    use Fate::{Refused, Safe};
    let file = |name, bytes, fate| File { name, bytes, fate };
    let zip = [&b"PK\x03\x04"[..], &[0; 60], PAYLOAD].concat();
    vec![
        // Bombs.
        file("a PNG that says 50,000 × 50,000", png_of(50_000, 50_000, 8, 6, 0, &[chunk(*b"IDAT", b"x")]), Refused(LARGE)),
        file("a PNG of zeroes, 8,000 × 8,000", png_bomb(8_000, 8_000, 8, 2, 3, 0), Refused(LARGE)),
        file("a PNG of zeroes with 320 MB of samples", png_bomb(8_000, 5_000, 16, 6, 8, 0), Safe(2_048, 1_280)),
        file("the same, interlaced", png_bomb(8_000, 5_000, 16, 6, 8, 1), Refused(HEAVY)),
        file("a PNG whose profile and text unpack to a gigabyte", packed_aside(), Safe(64, 64)),
        file("a JPEG that says 65,500 × 65,500", jpeg_that_claims(65_500, 65_500), Refused(LARGE)),
        file("a progressive JPEG that keeps all coefficients", progressive_bomb(), Refused(HEAVY)),
        file("a WebP of 16,383 × 16,383 in a canvas of 64 × 64", large_within_small(), Refused(BROKEN)),
        file("a WebP with a chunk of four gigabytes", endless_chunk(), Refused(BROKEN)),
        file("a WebP that says 16,384 × 16,384", riff(&[(b"VP8X", canvas(0, 16_384, 16_384)), (b"VP8L", [&[0x2f][..], &0x0fff_ffff_u32.to_le_bytes(), &[0; 20]].concat())]), Refused(LARGE)),
        // Not all of it is there, or not as it was.
        file("half a PNG", half(png(96, 96)), Refused(BROKEN)),
        file("half a JPEG", half(jpeg(96, 96)), Refused(BROKEN)),
        file("half a WebP", half(webp(96, 96)), Refused(BROKEN)),
        file("a PNG with a flipped bit", corrupted_png(), Refused(BROKEN)),
        // What has no colour becomes black.
        file("a PNG with colours outside of its palette", bad_palette(), Safe(64, 64)),
        file("the signature of a PNG alone", b"\x89PNG\r\n\x1a\n".to_vec(), Refused(BROKEN)),
        file("the first bytes of a JPEG alone", b"\xff\xd8\xff".to_vec(), Refused(BROKEN)),
        file("the first bytes of a WebP alone", b"RIFF\0\0\0\0WEBP".to_vec(), Refused(BROKEN)),
        // Other kinds.
        file("an SVG with a script", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec(), Refused(KIND)),
        file("a GIF", b"GIF89a\x40\0\x40\0\0\0\0;".to_vec(), Refused(KIND)),
        file("a page", b"<!doctype html><script>alert(1)</script>".to_vec(), Refused(KIND)),
        file("a page with a PNG behind it", hanging_on(b"<!doctype html><script>alert(1)</script>".to_vec(), &png(64, 64)), Refused(KIND)),
        file("a zip", zip.clone(), Refused(KIND)),
        file("a program", b"\x7fELF\x02\x01\x01".to_vec(), Refused(KIND)),
        file("an animated WebP", animated_webp(), Refused(ANIMATED)),
        file("an animated PNG", apng(), Refused(ANIMATED)),
        file("a picture of one pixel", png(1, 1), Refused("which is too little to draw from")),
        // Pictures, with more than a picture in them.
        file("a PNG with a page behind it", hanging_on(png(96, 64), PAYLOAD), Safe(96, 64)),
        file("a JPEG with a zip behind it", hanging_on(jpeg(96, 64), &zip), Safe(96, 64)),
        file("a WebP with a page behind it", hanging_on(webp(96, 64), PAYLOAD), Safe(96, 64)),
        file("a JPEG with a place, held on its side", jpeg_with(&jpeg(96, 64), 0xe1, &exif()), Safe(64, 96)),
        file("a JPEG with a page in its comment", jpeg_with(&jpeg(96, 64), 0xfe, PAYLOAD), Safe(96, 64)),
        file("a JPEG in CMYK", cmyk(), Safe(128, 96)),
        file("a PNG of 16 bits", sixteen_bits(), Safe(96, 80)),
        file("a PNG with alpha", transparent(), Safe(80, 80)),
        file("a large photograph", jpeg(4_000, 3_000), Safe(2_048, 1_536)),
    ]
}
