//! Asks the provider for the pictures of a generation. One open call on record, one call, one transaction for all that
//! came: no failure after it asks the provider again.

use std::time::Duration;

use shop::{
    generations::{self, Answer, CallEnd, Drawing},
    ids::GenerationId,
};

use crate::{
    pictures,
    providers::openai::{Drawn, Failure, Request},
    runner::{Context, JobError},
    services::Services,
};

/// What the customer reads when the provider will not draw the sentence.
const REFUSED: &str = "This sentence was turned down by the safety rules for pictures. Nothing was charged. Please change the words and try again.";
/// What the customer reads when the request itself was wrong, which is our mistake.
const REJECTED: &str = "We could not ask for this picture in the way you chose. Nothing was charged. Please try another shape or style.";

/// Draws, unless there is nothing to draw any more.
pub async fn run(id: GenerationId, at: &Services, context: &Context) -> Result<(), JobError> {
    let Some(drawing) = generations::begin(&at.db, &context.cause(), id, at.openai.model()).await? else {
        return Ok(());
    };
    match at.openai.draw(&request(&drawing)).await {
        Ok(drawn) => take_in(drawing, drawn, at, context).await,
        Err(failure) => end(drawing, failure, at, context).await,
    }
}

fn request(drawing: &Drawing) -> Request {
    let prompt = match drawing.style.direction() {
        Some(direction) => format!("{}\n\n{direction}", drawing.prompt),
        None => drawing.prompt.clone(),
    };
    let (width, height) = drawing.size.pixels();
    Request { prompt, size: format!("{width}x{height}"), count: drawing.count }
}

async fn take_in(drawing: Drawing, drawn: Drawn, at: &Services, context: &Context) -> Result<(), JobError> {
    let Drawn { pictures, usage, request_id } = drawn;
    let read = tokio::task::spawn_blocking(move || pictures::read_all(pictures)).await?;
    let pictures = match read {
        Ok(pictures) => pictures,
        Err(error) => {
            let failure =
                Failure::Ambiguous { why: format!("the answer holds no picture that can be read: {error}") };
            return end(drawing, crate::providers::openai::Failed { failure, request_id }, at, context).await;
        }
    };
    let answer = Answer { pictures, usage, request_id };
    // The picture is paid for: try for as long as the deadline lets us, rather than ask for it again.
    loop {
        match generations::answered(&at.db, &context.cause(), drawing.call_id, &answer).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::warn!(%error, "cannot take the answer in yet"),
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

async fn end(
    drawing: Drawing,
    failed: crate::providers::openai::Failed,
    at: &Services,
    context: &Context,
) -> Result<(), JobError> {
    let (cause, call, request_id) = (context.cause(), drawing.call_id, failed.request_id.as_deref());
    let error = failed.failure.to_string();
    let close = |end| generations::end_call(&at.db, &cause, call, end, request_id, &error);
    match failed.failure {
        Failure::Refused { .. } => {
            Ok(generations::refuse(&at.db, &cause, call, request_id, &error, REFUSED).await?)
        }
        Failure::BadRequest { .. } => {
            Ok(generations::refuse(&at.db, &cause, call, request_id, &error, REJECTED).await?)
        }
        Failure::RateLimited { after } => {
            close(CallEnd::Failed).await?;
            Err(JobError::PutOff { reason: error, after })
        }
        Failure::Unavailable { .. } => {
            close(CallEnd::Failed).await?;
            Err(JobError::PutOff { reason: error, after: Duration::from_mins(1) })
        }
        Failure::Failed { .. } => {
            close(CallEnd::Failed).await?;
            Err(JobError::Retry(error))
        }
        Failure::Ambiguous { .. } => {
            close(CallEnd::Ambiguous).await?;
            Err(JobError::Retry(error))
        }
    }
}
