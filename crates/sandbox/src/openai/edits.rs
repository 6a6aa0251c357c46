//! `POST /v1/images/edits`: the pictures come in a multipart form.

use std::sync::Arc;

use bytes::Bytes;
use image::RgbImage;
use poem::{Request, Response};

use super::images::{self, EDIT_FIELDS, ImageRequest};
use super::refusals::Refusal;
use super::{OpenAi, bodies, fields::Fields, keys};

const FORM_LIMIT: usize = 64 << 20;
const MOST_INPUTS: usize = 16;

pub(super) async fn edits(openai: Arc<OpenAi>, request: Request) -> poem::Result<Response> {
    let parsed = read(request).await;
    images::run(openai, "/v1/images/edits", parsed).await
}

async fn read(request: Request) -> Result<ImageRequest, Refusal> {
    keys::check(&request)?;
    let form = bodies::form(request, FORM_LIMIT).await?;
    let fields = Fields::new(form.fields, EDIT_FIELDS)?;
    let mut inputs = Vec::new();
    let mut mask = None;
    for (name, bytes) in form.files {
        match name.as_str() {
            "image" | "image[]" => inputs.push(bytes),
            "mask" => mask = Some(bytes),
            other => return Err(Refusal::unknown_parameter(other)),
        }
    }
    if inputs.is_empty() {
        return Err(Refusal::missing("image"));
    }
    if inputs.len() > MOST_INPUTS {
        let message =
            format!("Invalid 'image': expected at most {MOST_INPUTS} images, but got {}.", inputs.len());
        return Err(Refusal::invalid_value("image", message));
    }
    let decoded = tokio::task::spawn_blocking(move || decode(&inputs, mask.as_ref())).await;
    let sources = decoded.map_err(|_| Refusal::invalid_image(1))??;
    ImageRequest::parse(&fields, Some(&sources))
}

/// Reads every picture, as the real service refuses any that it cannot read. A mask must fit the first one.
fn decode(inputs: &[Bytes], mask: Option<&Bytes>) -> Result<Vec<Arc<RgbImage>>, Refusal> {
    let mut sources = Vec::new();
    for (index, bytes) in inputs.iter().enumerate() {
        let picture = image::load_from_memory(bytes).map_err(|_| Refusal::invalid_image(index + 1))?;
        sources.push(Arc::new(picture.into_rgb8()));
    }
    if let Some(mask) = mask {
        let mask = image::load_from_memory(mask).map_err(|_| {
            Refusal::invalid_value("mask", "Invalid mask image, please check your image file.")
        })?;
        if sources.first().is_some_and(|first| first.dimensions() != (mask.width(), mask.height())) {
            return Err(Refusal::invalid_value(
                "mask",
                "Invalid mask image: its size does not match the image.",
            ));
        }
    }
    Ok(sources)
}
