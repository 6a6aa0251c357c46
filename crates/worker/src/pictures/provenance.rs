//! What every picture that we make of another says about itself: that an AI made it. The original stays as it came, with
//! whatever the provider wrote into it.

use bytes::Bytes;
use img_parts::{
    ImageEXIF,
    riff::{RiffChunk, RiffContent},
    webp::{CHUNK_XMP, WebP},
};

use super::{PictureError, encoding};

/// An XMP packet (ISO 16684-1 §7) with the IPTC Digital Source Type for what a trained model made
/// (<http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia>, IPTC Photo Metadata Standard 2023.1).
pub const XMP: &str = concat!(
    "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>",
    "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">",
    "<rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\"",
    " Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"/>",
    "</rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>",
);
/// What an APP1 segment of a JPEG begins with if it holds XMP (XMP specification part 3, §1.1.3).
const JPEG_XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Pixels (8 bits of red, green and blue each) as a JPEG that says so.
///
/// # Errors
/// If it has more pixels on a side than a JPEG can have.
pub fn jpeg(pixels: &[u8], width: u32, height: u32, quality: u8) -> Result<Vec<u8>, PictureError> {
    let side = |side: u32| u16::try_from(side).map_err(encoding);
    let mut encoded = Vec::new();
    let mut painter = jpeg_encoder::Encoder::new(&mut encoded, quality);
    painter.add_app_segment(1, [JPEG_XMP, XMP.as_bytes()].concat()).map_err(encoding)?;
    painter.encode(pixels, side(width)?, side(height)?, jpeg_encoder::ColorType::Rgb).map_err(encoding)?;
    Ok(encoded)
}

/// Pixels (8 bits of red, green and blue each) as a WebP that says so.
///
/// # Errors
/// If what was encoded is no WebP.
pub fn webp(pixels: &[u8], width: u32, height: u32, quality: f32) -> Result<Vec<u8>, PictureError> {
    let encoded = webp::Encoder::from_rgb(pixels, width, height).encode(quality);
    let mut picture = WebP::from_bytes(Bytes::copy_from_slice(&encoded)).map_err(encoding)?;
    let xmp = RiffContent::Data(Bytes::from_static(XMP.as_bytes()));
    picture.chunks_mut().push(RiffChunk::new(CHUNK_XMP, xmp));
    // Also writes the header of the extended format, which says that there is XMP.
    picture.set_exif(None);
    Ok(picture.encoder().bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use img_parts::jpeg::{Jpeg, markers::APP1};

    use super::*;

    const SOURCE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";

    #[test]
    fn a_jpeg_says_that_an_ai_made_it() {
        let encoded = jpeg(&[120; 3 * 16 * 9], 16, 9, 80).expect("a JPEG");
        let read = Jpeg::from_bytes(encoded.clone().into()).expect("a JPEG");
        let segment = read.segments_by_marker(APP1).next().expect("an APP1 segment");
        let xmp = segment.contents().strip_prefix(JPEG_XMP).expect("XMP");
        assert!(std::str::from_utf8(xmp).expect("text").contains(SOURCE));
        let decoded = image::load_from_memory(&encoded).expect("it is still a picture");
        assert_eq!((decoded.width(), decoded.height()), (16, 9));
    }

    #[test]
    fn a_webp_says_that_an_ai_made_it() {
        let encoded = webp(&[120; 3 * 17 * 9], 17, 9, 80.0).expect("a WebP");
        assert_eq!(&encoded[12..16], b"VP8X", "the extended format: no other has metadata");
        assert_eq!(encoded[20] & 0b100, 0b100, "and its header says so");
        let read = WebP::from_bytes(encoded.clone().into()).expect("a WebP");
        assert_eq!(read.dimensions(), Some((17, 9)));
        let xmp = read.chunk_by_id(CHUNK_XMP).and_then(|chunk| chunk.content().data()).expect("XMP");
        assert!(std::str::from_utf8(xmp).expect("text").contains(SOURCE));
        let decoded = image::load_from_memory(&encoded).expect("it is still a picture");
        assert_eq!((decoded.width(), decoded.height()), (17, 9));
    }
}
