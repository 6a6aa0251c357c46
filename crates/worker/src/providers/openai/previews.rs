//! One picture as a stream of events: previews while it is drawn, then the picture. What comes out is the same as of a call
//! without previews.

use futures::StreamExt;
use serde_json::{Value, json};

use super::{Failure, OpenAi, decoded};

impl OpenAi {
    pub(super) async fn draw_step_by_step(
        &self,
        mut body: Value,
        preview: impl Fn(Vec<u8>) + Send + Sync,
    ) -> Result<Value, Failure> {
        // With any JSON for a request async-openai does not say by itself that it wants a stream.
        body["stream"] = json!(true);
        body["partial_images"] = json!(self.partial_images);
        // Any JSON for an event, too: an error in the middle is none of the typed ones.
        let images = self.client.images();
        let mut events = images.generate_stream_byot::<_, Value>(body).await.map_err(Failure::of)?;
        while let Some(event) = events.next().await {
            // What cannot be read may be a kind of event that is new; the picture may still come.
            let Ok(event) = event else { continue };
            let kind = event["type"].as_str().unwrap_or_default();
            if kind == "error" || event.get("error").is_some_and(|error| !error.is_null()) {
                return Err(Failure::of_success(&event));
            }
            if kind.ends_with(".partial_image") {
                if let Some(picture) = event["b64_json"].as_str().and_then(decoded) {
                    preview(picture);
                }
            } else if kind.ends_with(".completed") || (kind.is_empty() && event["b64_json"].is_string()) {
                return Ok(json!({"data": [{"b64_json": event["b64_json"]}], "usage": event["usage"]}));
            }
        }
        Err(Failure::Ambiguous { why: "the answer was cut off".to_owned() })
    }
}
