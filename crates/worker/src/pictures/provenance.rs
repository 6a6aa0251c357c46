//! What every picture that we make of another says about itself: that an AI made it, of what, and whose it is. The original stays as it came, with
//! whatever the provider wrote into it.

use bytes::Bytes;
use img_parts::{
    ImageEXIF,
    riff::{RiffChunk, RiffContent},
    webp::{CHUNK_XMP, WebP},
};
use shop::images::Original;

use super::{PictureError, encoding};

/// What a picture was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Material {
    /// Words alone.
    Words,
    /// Words, and a photograph that somebody brought along.
    Photograph,
}

impl Material {
    /// Of a picture that is in object storage.
    pub fn of(original: &Original) -> Self {
        if original.from_photograph { Self::Photograph } else { Self::Words }
    }
}

/// An XMP packet (ISO 16684-1 §7) with two properties of the IPTC Photo Metadata Standard 2023.1: the Digital Source Type, which
/// for what a trained model made is `trainedAlgorithmicMedia`, and `compositeWithTrainedAlgorithmicMedia` if it made it of other
/// media (<http://cv.iptc.org/newscodes/digitalsourcetype/>); and the Credit Line, which XMP calls `photoshop:Credit`.
pub fn xmp(material: Material) -> String {
    let source = match material {
        Material::Words => "trainedAlgorithmicMedia",
        Material::Photograph => "compositeWithTrainedAlgorithmicMedia",
    };
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:Iptc4xmpExt=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\" \
         xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" \
         Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/{source}\" \
         photoshop:Credit=\"{CREDIT}\"/>\
         </rdf:RDF></x:xmpmeta><?xpacket end=\"r\"?>"
    )
}

/// Whom it is to be credited to; the same as in the JSON-LD of the gallery's pages.
const CREDIT: &str = "AI-generated, AI Gallery";
/// What an APP1 segment of a JPEG begins with if it holds XMP (XMP specification part 3, §1.1.3).
const JPEG_XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

/// Pixels (8 bits of red, green and blue each) as a JPEG that says so.
///
/// # Errors
/// If it has more pixels on a side than a JPEG can have.
pub fn jpeg(
    pixels: &[u8],
    (width, height): (u32, u32),
    quality: u8,
    material: Material,
) -> Result<Vec<u8>, PictureError> {
    let side = |side: u32| u16::try_from(side).map_err(encoding);
    let mut encoded = Vec::new();
    let mut painter = jpeg_encoder::Encoder::new(&mut encoded, quality);
    painter.add_app_segment(1, [JPEG_XMP, xmp(material).as_bytes()].concat()).map_err(encoding)?;
    painter.encode(pixels, side(width)?, side(height)?, jpeg_encoder::ColorType::Rgb).map_err(encoding)?;
    Ok(encoded)
}

/// Pixels (8 bits of red, green and blue each) as a WebP that says so.
///
/// # Errors
/// If what was encoded is no WebP.
pub fn webp(
    pixels: &[u8],
    (width, height): (u32, u32),
    quality: f32,
    material: Material,
) -> Result<Vec<u8>, PictureError> {
    let encoded = webp::Encoder::from_rgb(pixels, width, height).encode(quality);
    let mut picture = WebP::from_bytes(Bytes::copy_from_slice(&encoded)).map_err(encoding)?;
    let xmp = RiffContent::Data(Bytes::from(xmp(material)));
    picture.chunks_mut().push(RiffChunk::new(CHUNK_XMP, xmp));
    // Also writes the header of the extended format, which says that there is XMP.
    picture.set_exif(None);
    Ok(picture.encoder().bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use img_parts::jpeg::{Jpeg, markers::APP1};

    use super::*;

    /// What must be in it, and what must not.
    const CASES: [(Material, &str, &str); 2] = [
        (
            Material::Words,
            "=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"",
            "compositeWith",
        ),
        (
            Material::Photograph,
            "=\"http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia\"",
            "/trainedAlgorithmicMedia",
        ),
    ];

    fn says(xmp: &[u8], source: &str, other: &str) {
        let text = std::str::from_utf8(xmp).expect("text");
        assert!(text.starts_with("<?xpacket begin=\"\u{feff}\""), "{text}");
        assert!(text.contains(source) && !text.contains(other), "{text}");
        assert!(text.contains(" photoshop:Credit=\"AI-generated, AI Gallery\""), "{text}");
        assert!(text.contains("xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\""), "{text}");
    }

    #[test]
    fn a_jpeg_says_that_an_ai_made_it_and_whose_it_is() {
        for (material, source, other) in CASES {
            let encoded = jpeg(&[120; 3 * 16 * 9], (16, 9), 80, material).expect("a JPEG");
            let read = Jpeg::from_bytes(encoded.clone().into()).expect("a JPEG");
            let segment = read.segments_by_marker(APP1).next().expect("an APP1 segment");
            says(segment.contents().strip_prefix(JPEG_XMP).expect("XMP"), source, other);
            let decoded = image::load_from_memory(&encoded).expect("it is still a picture");
            assert_eq!((decoded.width(), decoded.height()), (16, 9));
        }
    }

    #[test]
    fn a_webp_says_that_an_ai_made_it_and_whose_it_is() {
        for (material, source, other) in CASES {
            let encoded = webp(&[120; 3 * 17 * 9], (17, 9), 80.0, material).expect("a WebP");
            assert_eq!(&encoded[12..16], b"VP8X", "the extended format: no other has metadata");
            assert_eq!(encoded[20] & 0b100, 0b100, "and its header says so");
            let read = WebP::from_bytes(encoded.clone().into()).expect("a WebP");
            assert_eq!(read.dimensions(), Some((17, 9)));
            says(
                read.chunk_by_id(CHUNK_XMP).and_then(|chunk| chunk.content().data()).expect("XMP"),
                source,
                other,
            );
            let decoded = image::load_from_memory(&encoded).expect("it is still a picture");
            assert_eq!((decoded.width(), decoded.height()), (17, 9));
        }
    }
}
