//! Reads request bodies within their limits.

use bytes::Bytes;
use multer::{Constraints, Multipart, SizeLimit};
use poem::Request;
use poem::error::ReadBodyError;
use serde_json::{Map, Value};

use super::refusals::Refusal;

/// A form with its files, in the order in which they came.
pub(super) struct Form {
    pub fields: Map<String, Value>,
    pub files: Vec<(String, Bytes)>,
}

/// A JSON object.
pub(super) async fn json(mut request: Request, limit: usize) -> Result<Map<String, Value>, Refusal> {
    let given = request.content_type().unwrap_or_default().to_owned();
    if !given.starts_with("application/json") {
        return Err(Refusal::content_type(&given, "application/json"));
    }
    let bytes = match request.take_body().into_bytes_limit(limit).await {
        Ok(bytes) => bytes,
        Err(ReadBodyError::PayloadTooLarge) => return Err(Refusal::too_large(limit)),
        Err(_) => return Err(Refusal::not_json()),
    };
    serde_json::from_slice(&bytes).map_err(|_| Refusal::not_json())
}

/// A multipart form.
pub(super) async fn form(mut request: Request, limit: usize) -> Result<Form, Refusal> {
    let given = request.content_type().unwrap_or_default().to_owned();
    let boundary =
        multer::parse_boundary(&given).map_err(|_| Refusal::content_type(&given, "multipart/form-data"))?;
    let whole = u64::try_from(limit).unwrap_or(u64::MAX);
    let constraints = Constraints::new().size_limit(SizeLimit::new().whole_stream(whole));
    let stream = request.take_body().into_bytes_stream();
    let mut parts = Multipart::with_constraints(stream, boundary, constraints);
    let mut form = Form { fields: Map::new(), files: Vec::new() };
    while let Some(part) = parts.next_field().await.map_err(|error| broken(&error, limit))? {
        let name = part.name().unwrap_or_default().to_owned();
        if part.file_name().is_some() {
            form.files.push((name, part.bytes().await.map_err(|error| broken(&error, limit))?));
        } else {
            let text = part.text().await.map_err(|error| broken(&error, limit))?;
            form.fields.insert(name, Value::String(text));
        }
    }
    Ok(form)
}

fn broken(error: &multer::Error, limit: usize) -> Refusal {
    if matches!(error, multer::Error::StreamSizeExceeded { .. }) {
        return Refusal::too_large(limit);
    }
    Refusal::invalid_request("Could not parse multipart form.")
}
