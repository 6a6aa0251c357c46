//! A picture that starts from another one: `POST /images/edits`, a multipart form.

use async_openai::{error::OpenAIError, traits::AsyncTryFrom};
use bytes::Bytes;
use reqwest::multipart::{Form, Part};
use serde_json::Value;
use shop::images::Format;

use super::{OpenAi, Request};

/// A picture to start from.
#[derive(Debug, Clone)]
pub struct SourcePicture {
    /// The encoded picture.
    pub bytes: Bytes,
    /// How it is encoded.
    pub format: Format,
}

/// What is sent. async-openai's own form knows its models and qualities by name; ours are settings.
#[derive(Debug, Clone)]
struct Edit {
    fields: [(&'static str, String); 5],
    picture: SourcePicture,
}

impl AsyncTryFrom<Edit> for Form {
    type Error = OpenAIError;

    async fn try_from(edit: Edit) -> Result<Self, OpenAIError> {
        let SourcePicture { bytes, format } = edit.picture;
        let length = u64::try_from(bytes.len()).unwrap_or_default();
        let part = Part::stream_with_length(bytes, length)
            .file_name(format!("source.{}", format.extension()))
            .mime_str(format.media_type())
            .map_err(OpenAIError::Reqwest)?;
        let form = edit.fields.into_iter().fold(Self::new(), |form, (name, value)| form.text(name, value));
        Ok(form.part("image[]", part))
    }
}

impl OpenAi {
    /// The call itself, whatever comes of it.
    pub(super) async fn edit(
        &self,
        request: &Request,
        picture: &SourcePicture,
    ) -> Result<Value, OpenAIError> {
        let edit = Edit {
            fields: [
                ("model", self.model.clone()),
                ("prompt", request.prompt.clone()),
                ("size", request.size.clone()),
                ("quality", request.quality.to_owned()),
                ("n", request.count.to_string()),
            ],
            picture: picture.clone(),
        };
        self.client.images().edit_byot(edit).await
    }
}
