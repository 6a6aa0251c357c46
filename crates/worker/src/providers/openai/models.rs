//! The provider's list of models, which says when one of them will be gone.

use chrono::NaiveDate;
use serde_json::Value;
use shop::providers::Listed;

use super::{Failure, OpenAi};
use crate::config::Moderation;

impl OpenAi {
    /// The models that we use, each with the setting that names it.
    pub fn models_in_use(&self, moderation: Moderation) -> Vec<(&'static str, String)> {
        let mut models = vec![("OPENAI_IMAGE_MODEL", self.model.clone())];
        if moderation != Moderation::Off {
            models.push(("OPENAI_MODERATION_MODEL", self.moderation_model.clone()));
        }
        models
    }

    /// What the provider's list says of each of them.
    ///
    /// # Errors
    /// Why there is no list.
    pub async fn listed(&self, models: &[(&'static str, String)]) -> Result<Vec<Listed>, Failure> {
        // Any JSON: the typed answer is lost to a missing `created`, which compatible servers leave out.
        let list: Value = self.client.models().list_byot().await.map_err(Failure::of)?;
        let list =
            list["data"].as_array().ok_or_else(|| Failure::failed("a list of models without `data`"))?;
        let find = |name: &str| list.iter().find(|model| model["id"] == name);
        Ok(models.iter().map(|(_, name)| find(name).map_or(Listed::Nowhere, end_of)).collect())
    }
}

fn end_of(model: &Value) -> Listed {
    // A date, possibly with a time behind it.
    let day = model["shutdown_date"].as_str().and_then(|date| date.get(..10)?.parse::<NaiveDate>().ok());
    day.map_or(Listed::Open, Listed::Until)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_end_is_a_day() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).map(Listed::Until).expect("a day");
        for (date, listed) in [
            (json!("2026-12-01"), day),
            (json!("2026-12-01T00:00:00Z"), day),
            (json!(null), Listed::Open),
            (json!("soon"), Listed::Open),
            (json!(1_796_083_200), Listed::Open),
        ] {
            assert_eq!(end_of(&json!({"id": "x", "shutdown_date": date})), listed, "{date}");
        }
    }
}
