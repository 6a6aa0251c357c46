//! The provider's check of a sentence. It costs nothing.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{Failure, OpenAi, SourcePicture};

/// The setting that names the model.
const MODEL: &str = "OPENAI_MODERATION_MODEL";
/// A check that takes longer is not waited for.
const PATIENCE: Duration = Duration::from_secs(5);

impl OpenAi {
    /// What is wrong with a sentence and the picture that goes with it, as the provider's categories in a row; nothing if it may be drawn.
    ///
    /// # Errors
    /// Why there is no answer.
    pub async fn moderate(
        &self,
        prompt: &str,
        picture: Option<&SourcePicture>,
    ) -> Result<Option<String>, Failure> {
        let input = match picture {
            None => json!(prompt),
            Some(SourcePicture { bytes, format }) => {
                let url = format!("data:{};base64,{}", format.media_type(), STANDARD.encode(bytes));
                json!([{"type": "text", "text": prompt}, {"type": "image_url", "image_url": {"url": url}}])
            }
        };
        let body = json!({"model": self.moderation_model, "input": input});
        // Any JSON: older models leave categories out, newer ones add some.
        let moderations = self.client.moderations();
        let call = moderations.create_byot::<_, Value>(body);
        let answer = timeout(PATIENCE, call).await.map_err(|_| Failure::failed("no answer in time"))?;
        let answer = answer.map_err(|error| Failure::of(error).about(MODEL))?;
        let results = answer["results"].as_array().filter(|results| !results.is_empty());
        let results = results.ok_or_else(|| Failure::failed("an answer without results"))?;
        let flagged = results.iter().any(|result| result["flagged"] == true);
        let categories = results
            .iter()
            .filter_map(|result| result["categories"].as_object())
            .flatten()
            .filter(|(_, is_named)| **is_named == true)
            .map(|(category, _)| category.as_str());
        let categories: Vec<&str> = categories.collect();
        Ok(flagged.then(|| categories.join(", ")))
    }
}
