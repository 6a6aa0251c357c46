//! A request for pictures, checked as OpenAI checks it.

use std::sync::Arc;

use image::RgbImage;

use crate::openai::fields::Fields;
use crate::openai::models;
use crate::openai::refusals::Refusal;
use crate::openai::sizes;
use crate::painting::Format;

const MOST_CHARACTERS: usize = 32_000;
const MOST_PICTURES: u64 = 10;

/// What the JSON of a generation may hold. `response_format` and `style` are not in it: the GPT image models refuse
/// both.
pub(in crate::openai) const GENERATION_FIELDS: &[&str] = &[
    "background",
    "complexity",
    "model",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "prompt",
    "quality",
    "safety_identifier",
    "size",
    "stream",
    "user",
];

/// What the form of an edit may hold beside its files.
pub(in crate::openai) const EDIT_FIELDS: &[&str] = &[
    "background",
    "complexity",
    "input_fidelity",
    "model",
    "moderation",
    "n",
    "output_compression",
    "output_format",
    "partial_images",
    "prompt",
    "quality",
    "safety_identifier",
    "size",
    "stream",
    "user",
];

/// A request for pictures.
pub(in crate::openai) struct ImageRequest {
    pub model: String,
    pub prompt: String,
    pub n: u64,
    pub width: u32,
    pub height: u32,
    pub quality: &'static str,
    pub transparent: bool,
    pub format: Format,
    pub compression: u8,
    pub stream: bool,
    pub partial_images: u64,
    pub safety_identifier: Option<String>,
    pub source: Option<Arc<RgbImage>>,
    /// How many pictures came with the request.
    pub inputs: u64,
}

impl ImageRequest {
    /// Checks the fields; `sources` are the pictures to edit, of which the first is looked at.
    pub fn parse(fields: &Fields, sources: Option<&[Arc<RgbImage>]>) -> Result<ImageRequest, Refusal> {
        let prompt = fields.required("prompt")?;
        let length = prompt.chars().count();
        if length == 0 || length > MOST_CHARACTERS {
            return Err(Refusal::length("prompt", length, MOST_CHARACTERS));
        }
        let model = fields.required("model")?;
        if !models::draws(model) {
            return Err(Refusal::unknown_image_model(model));
        }
        let source = sources.and_then(<[_]>::first);
        let (width, height) = match (sizes::parse(fields.text("size")?.unwrap_or("auto"))?, source) {
            (Some(size), _) => size,
            (None, Some(source)) => sizes::like(source.width(), source.height()),
            (None, None) => sizes::SQUARE,
        };
        let quality = match fields.choice("quality", &["auto", "low", "medium", "high", "xhigh", "max"])? {
            "auto" => "medium",
            quality => quality,
        };
        let format = Format::named(fields.choice("output_format", &["png", "jpeg", "webp"])?);
        let transparent = fields.choice("background", &["auto", "opaque", "transparent"])? == "transparent";
        if transparent && format == Format::Jpeg {
            let message = "Transparent background is not supported for the output format 'jpeg'.";
            return Err(Refusal::invalid_value("background", message));
        }
        let compression = fields.integer("output_compression", 0..=100, 100)?;
        if compression < 100 && format == Format::Png {
            let message = "Compression less than 100 is not supported for PNG output format.";
            return Err(Refusal::invalid_value("output_compression", message));
        }
        fields.choice("moderation", &["auto", "low"])?;
        fields.choice("complexity", &["medium", "low", "high"])?;
        fields.choice("input_fidelity", &["low", "high"])?;
        let user = fields.text("user")?;
        let safety_identifier = fields.text("safety_identifier")?.or(user).filter(|text| !text.is_empty());
        Ok(ImageRequest {
            model: model.to_owned(),
            prompt: prompt.to_owned(),
            n: fields.integer("n", 1..=MOST_PICTURES, 1)?,
            width,
            height,
            quality,
            transparent,
            format,
            compression: u8::try_from(compression).unwrap_or(100),
            stream: fields.boolean("stream")?,
            partial_images: fields.integer("partial_images", 0..=3, 0)?,
            safety_identifier: safety_identifier.map(str::to_owned),
            source: source.cloned(),
            inputs: sources.map_or(0, |sources| u64::try_from(sources.len()).unwrap_or(0)),
        })
    }

    pub fn background(&self) -> &'static str {
        if self.transparent { "transparent" } else { "opaque" }
    }
}
