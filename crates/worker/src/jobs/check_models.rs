//! Asks the provider which of the models that we use will be gone, and has staff told in time.

use shop::{
    providers,
    schedules::{self, Upkeep},
};

use crate::{
    runner::{Context, JobError},
    services::Services,
};

/// Looks up each configured model in the provider's list.
pub async fn run(at: &Services, context: &Context) -> Result<(), JobError> {
    let cause = context.cause();
    let models = at.openai.models_in_use(at.moderation);
    let listed = at.openai.listed(&models).await.map_err(|failure| JobError::Retry(failure.to_string()))?;
    let mut told = Vec::new();
    for ((setting, model), listed) in models.iter().zip(listed) {
        if providers::check_model(&at.db, &cause, setting, model, listed).await? {
            told.push(format!("{setting}={model}: {listed:?}"));
        }
    }
    let note = if told.is_empty() { "all are there to stay".to_owned() } else { told.join("; ") };
    Ok(schedules::ran(&at.db, &context.cause(), Upkeep::CheckModels, &note).await?)
}
